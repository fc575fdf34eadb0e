//! HTTP/2 by hand, for what no library would send.

use std::time::Duration;

use super::{by, none_held};
use crate::tally::{Outcome, Tally};
use crate::target::Target;
use crate::wire::Wire;

/// What a client says first, and settings without any.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const CONNECTIONS: usize = 8;
/// Longer than an idle connection is left open.
const PATIENCE: Duration = Duration::from_secs(40);

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `GET http://x/` by HPACK's table.
const GET: &[u8] = b"\x82\x86\x84\x41\x01x";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Says these frames and more of them, made by `more`, until the connection ends.
async fn talk(target: &Target, more: impl Fn(u32) -> Vec<u8>, times: u32) -> Outcome {
    let Ok(mut wire) = Wire::to(target.voters).await else { return Outcome::Ended };
    let talk = async {
        wire.say(PREFACE).await?;
        for number in 0..times {
            wire.say(&more(number)).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    match tokio::time::timeout(PATIENCE, talk).await {
        Ok(Ok(())) => wire.end(PATIENCE).await,
        Ok(Err(_)) => Outcome::Ended,
        Err(_) => Outcome::Held,
    }
}

/// Asks and takes it back, again and again ("rapid reset").
pub(super) async fn taken_back(target: &Target) -> Tally {
    let more = |number: u32| {
        let stream = 2 * number + 1;
        let mut frames = frame(HEADERS, END_STREAM | END_HEADERS, stream, GET);
        frames.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        frames
    };
    none_held(by(CONNECTIONS, |_| talk(target, more, 20_000)).await)
}

/// Headers that go on and on, of which none is kept.
pub(super) async fn endless_headers(target: &Target) -> Tally {
    // A literal that isn't to be indexed: one letter's name, and a value.
    let header = [b"\0\x01a\x7f\x01".as_slice(), &[b'x'; 128]].concat();
    let more = |number: u32| match number {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, &header.repeat(32)),
    };
    none_held(by(CONNECTIONS, |_| talk(target, more, 5_000)).await)
}

/// What has to be answered, by somebody who doesn't read the answers.
pub(super) async fn chatter(target: &Target) -> Tally {
    let more = |_| {
        let mut frames = frame(PING, 0, 0, &[0; 8]);
        frames.extend(frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]));
        frames
    };
    none_held(by(CONNECTIONS, |_| talk(target, more, 20_000)).await)
}

/// What breaks the protocol's rules.
pub(super) async fn malformed(target: &Target) -> Tally {
    let rubbish: [Vec<u8>; 7] = [
        frame(HEADERS, END_HEADERS | END_STREAM, 2, GET),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff"),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x82\x82\x82"),
        frame(CONTINUATION, END_HEADERS, 1, GET),
        frame(WINDOW_UPDATE, 0, 0, &[0; 4]),
        frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()),
        [b"\xff\xff\xff\0\0".as_slice(), &[0; 4]].concat(),
    ];
    let talk = |number: usize| {
        let rubbish = &rubbish[number % rubbish.len()];
        talk(target, move |_| rubbish.clone(), 1)
    };
    none_held(by(rubbish.len() * 4, talk).await)
}
