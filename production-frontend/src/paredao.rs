//! A paredão: what it is to those who look at it, and when it is open.

pub(crate) mod api;
pub(crate) mod changes;
pub(crate) mod changes_api;
pub(crate) mod draft;
pub(crate) mod form;
pub(crate) mod mistake;
pub mod picture;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;

/// Where pictures are, by their hash.
pub(crate) const PHOTOS: &str = "/photos/";

/// Whether votes are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Never opened, and no time set for it.
    Draft,
    /// Will open at its time.
    Scheduled,
    /// Takes votes.
    Open,
    /// Takes no more votes.
    Closed,
    /// Its result is published, and nothing of it changes any more.
    Published,
}

impl Status {
    /// The status at `now` of a paredão that opens and closes at these times.
    pub fn at(now: Timestamp, opens_at: Option<Timestamp>, closes_at: Option<Timestamp>) -> Self {
        match opens_at {
            None => Self::Draft,
            Some(opens_at) if now < opens_at => Self::Scheduled,
            Some(_) if closes_at.is_some_and(|closes_at| closes_at <= now) => Self::Closed,
            Some(_) => Self::Open,
        }
    }
}

/// A paredão as its API and pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParedaoView {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// Whether it takes votes now.
    pub status: Status,
    /// The first minute of votes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Timestamp>,
    /// The first minute without votes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// Over how many keys, and so partitions, the votes for one participant are spread: 1 to 64.
    pub shards: i16,
    /// Who sees percentages besides production: `always` everybody, `after_voting` those who have voted (everybody
    /// after the closing), `after_closing` everybody from then on, `production` nobody.
    pub visibility: &'static str,
    /// Another one after each change: whoever sends it with theirs overwrites nobody's.
    pub revision: String,
    /// Who stands in it, in order.
    pub participants: Vec<ParticipantView>,
}

impl ParedaoView {
    /// Refuses to go on from another revision than this one; an empty one is whichever there is.
    pub(crate) fn must_be(&self, revision: &str) -> Result<(), Error> {
        if revision.is_empty() || revision == self.revision { Ok(()) } else { Err(Error::ChangedMeanwhile) }
    }
}

/// A participant as the API and pages show them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParticipantView {
    /// The participant's id.
    pub id: i32,
    /// Their name.
    pub name: String,
    /// Where their picture is, if there is one.
    pub photo_url: Option<String>,
}

impl ParticipantView {
    /// The hash by which their picture is stored, if there is one.
    pub(crate) fn photo_hash(&self) -> Option<&str> {
        self.photo_url.as_deref()?.strip_prefix(PHOTOS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paredao_is_open_from_its_opening_up_to_its_closing() {
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let status = |now| Status::at(at(now), Some(at(10)), Some(at(20)));
        assert_eq!([9, 10, 19, 20].map(status), [Status::Scheduled, Status::Open, Status::Open, Status::Closed]);
        assert_eq!(Status::at(at(10), None, Some(at(20))), Status::Draft);
        assert_eq!(Status::at(at(99), Some(at(10)), None), Status::Open);
    }
}
