//! Reading server-sent events.

use reqwest::Response;
use serde_json::Value;
use test_support::PATIENCE;

use crate::support::Service;

/// One event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<String>,
    /// As it was sent.
    pub(crate) data: String,
}

impl Event {
    fn parse(text: &str) -> Self {
        let field =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
        Self {
            name: field("event").unwrap_or_default(),
            id: field("id"),
            retry: field("retry"),
            data: field("data").unwrap_or_default(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// A stream's events, in order.
pub(crate) struct Events {
    response: Response,
    /// What came and isn't a whole event yet.
    rest: Vec<u8>,
}

impl Events {
    /// The stream at `path`, for a browser that sends `cookie`, which may be empty.
    pub(crate) async fn of(service: &Service, path: &str, cookie: &str) -> Self {
        let response = service.get_with(path, cookie).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, rest: vec![] }
    }

    /// Waits for the next event; `None` when the stream has ended well.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.rest.drain(..end + 2).collect();
                return Some(Event::parse(std::str::from_utf8(&event).unwrap()));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("an event comes");
            self.rest.extend_from_slice(&chunk.unwrap()?);
        }
    }

    /// The next event of this name; others are passed over.
    pub(crate) async fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == name {
                return event;
            }
        }
    }
}
