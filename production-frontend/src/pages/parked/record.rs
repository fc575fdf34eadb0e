//! One parked record: where it lay, why it wasn't counted, and what is kept of it.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use voting_commons::adapters::texts::Texts;

use super::super::{minute, page, text};
use super::words;
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::dead_letters::{DeadLetterDetail, RecordPart, store};
use crate::error::Error;

/// The most bytes that are shown of a key or a value; the API has all that is kept.
const SHOWN_BYTES_MAX: usize = 2_048;
/// Bytes in a row of the dump.
const ROW_BYTES: usize = 16;

#[derive(Template)]
#[template(path = "parked_record.html")]
struct RecordPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    record: &'a DeadLetterDetail,
    parts: Vec<Part>,
    zone: &'a Zone,
}

impl RecordPage<'_> {
    /// Whether it may be counted, as far as can be told here.
    fn may_be_tried(&self) -> bool {
        let letter = &self.record.letter;
        self.producer.is_some_and(Producer::operates) && letter.replayable && letter.replayed_at.is_none()
    }
}

/// A key or a value, as it is shown.
struct Part {
    /// The text that names it.
    name: &'static str,
    /// Its whole length; `None` where the record has no such part.
    bytes: Option<i64>,
    shown: usize,
    text: Option<String>,
    hex: String,
}

impl Part {
    fn of(name: &'static str, part: Option<&RecordPart>) -> Self {
        let Some(part) = part else {
            return Self { name, bytes: None, shown: 0, text: None, hex: String::new() };
        };
        let kept = STANDARD.decode(&part.base64).expect("it was encoded here");
        let shown = &kept[..kept.len().min(SHOWN_BYTES_MAX)];
        let text = part.text.as_deref().map(|text| visible(&text[..text.floor_char_boundary(shown.len())]));
        Self { name, bytes: Some(part.bytes), shown: shown.len(), text, hex: dump(shown) }
    }

    /// Whether there is more of it than is shown.
    fn is_cut(&self) -> bool {
        let shown = i64::try_from(self.shown).unwrap_or(i64::MAX);
        self.bytes.is_some_and(|bytes| bytes > shown)
    }
}

/// `text` without what would move the rest of the line about, or not be seen.
fn visible(text: &str) -> String {
    let is_odd = |letter: char| (letter.is_control() && letter != '\n') || is_invisible(letter);
    text.chars().map(|letter| if is_odd(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Marks without width, some of which turn the direction of what follows.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Bytes as rows of offset, hexadecimal digits, and letters where they are ASCII.
fn dump(bytes: &[u8]) -> String {
    let mut dump = String::new();
    for (row, bytes) in bytes.chunks(ROW_BYTES).enumerate() {
        let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let letter = |&byte: &u8| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' };
        let letters: String = bytes.iter().map(letter).collect();
        let written = writeln!(dump, "{:04x}  {:<47}  {letters}", row * ROW_BYTES, hex.join(" "));
        written.expect("a string takes everything");
    }
    dump
}

pub(super) async fn show(
    producer: Producer,
    t: Texts,
    State(app): State<App>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::NotFound)?;
    let record = store::find(&app.pool, id).await?;
    let parts = vec![Part::of("record-key", record.key.as_ref()), Part::of("record-value", record.value.as_ref())];
    let template = RecordPage { t, producer: Some(&producer), record: &record, parts, zone: &app.zone };
    Ok(page(StatusCode::OK, &template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_rows() {
        let shown = dump(b"0123456789abcdef\xff<\n");
        assert_eq!(
            shown,
            "0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n\
             0010  ff 3c 0a                                         .<.\n"
        );
    }

    #[test]
    fn what_is_long_is_cut_between_letters() {
        let long = "é".repeat(SHOWN_BYTES_MAX);
        let part =
            RecordPart { bytes: 70_000, base64: STANDARD.encode(format!("x{long}")), text: Some(format!("x{long}")) };
        let part = Part::of("record-key", Some(&part));
        assert!(part.is_cut());
        assert_eq!(part.text.unwrap().len(), SHOWN_BYTES_MAX - 1);
        assert_eq!(part.hex.lines().count(), SHOWN_BYTES_MAX / ROW_BYTES);
    }

    #[test]
    fn what_cannot_be_seen_is_marked() {
        assert_eq!(visible("a\0b\u{202e}c\nd"), "a\u{fffd}b\u{fffd}c\nd");
    }
}
