//! What this frontend knows of Postgres: a snapshot in memory, so that no visitor costs a query and voting goes on
//! while Postgres is away.

mod lineup;
mod load;
mod refresh;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use voting_commons::percentages::Percent;
use voting_commons::{Minute, ParedaoId, ParticipantId, Shards, UnixMillis, Visibility};

pub use lineup::Lineup;
pub(crate) use refresh::PART;
pub use refresh::keep_fresh;
pub use store::SnapshotStore;

/// All that is known, as of one reading.
#[derive(Debug, Default)]
pub struct Snapshot {
    paredoes: Vec<Arc<Paredao>>,
    photos: HashMap<String, Arc<Photo>>,
}

/// A paredão that has been given an opening.
#[derive(Debug)]
pub struct Paredao {
    /// Its number.
    pub id: ParedaoId,
    /// Its name in addresses.
    pub slug: Arc<str>,
    /// Its name on screens.
    pub title: String,
    /// A whole minute.
    pub opens_at: Timestamp,
    /// A whole minute; `None` while nobody has decided.
    pub closes_at: Option<Timestamp>,
    /// Over how many keys a group's votes are spread.
    pub shards: Shards,
    /// Who may see the percentages.
    pub visibility: Visibility,
    /// Who stands in it, in the order of the screens.
    pub participants: Vec<Participant>,
    /// The cached percentages.
    pub panorama: Panorama,
}

/// Who stands in a paredão.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Participant {
    /// Their number.
    pub id: ParticipantId,
    /// Their name.
    pub name: String,
    /// The hash of their picture.
    pub photo: Option<String>,
}

/// The aggregator's percentages.
#[derive(Debug, Default)]
pub struct Panorama {
    /// Goes up with every change; 0 before the aggregator ran.
    pub revision: i64,
    /// When the aggregator last read the database.
    pub as_of: Option<Timestamp>,
    /// The share of each participant who has one.
    pub shares: HashMap<ParticipantId, Percent>,
    /// The API's answer, rendered by the first who asks for it.
    pub json: OnceLock<String>,
}

/// A picture.
#[derive(Debug)]
pub struct Photo {
    /// Its media type.
    pub content_type: String,
    /// The file.
    pub bytes: axum::body::Bytes,
}

/// Where a paredão stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It hasn't opened.
    Scheduled,
    /// It takes votes.
    Open,
    /// It has closed.
    Closed,
}

impl Status {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl Paredao {
    /// Where it stands at `now`.
    pub fn status(&self, now: UnixMillis) -> Status {
        if now < self.opens_at.into() {
            Status::Scheduled
        } else if self.closes_at.is_some_and(|closes_at| now >= closes_at.into()) {
            Status::Closed
        } else {
            Status::Open
        }
    }

    /// Whether ballots of `minute` count: until they expire, also after the closing.
    pub fn counts(&self, minute: Minute) -> bool {
        self.closes_at.is_none_or(|closes_at| minute.start() < closes_at.into())
    }

    /// Its title and participants, told apart from others.
    pub fn lineup(&self) -> Lineup {
        Lineup::of(self)
    }

    /// The participant with this number, if they stand in this paredão.
    pub fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.id == id)
    }
}

/// What whoever follows `paredao` sees of it, besides the time.
fn seen(paredao: &Arc<Paredao>) -> impl PartialEq {
    let Paredao { id, opens_at, closes_at, visibility, ref title, ref participants, ref panorama, .. } = **paredao;
    (id, opens_at, closes_at, visibility, title, participants, panorama.revision)
}

impl Snapshot {
    /// The paredões: those that close last come first.
    pub fn paredoes(&self) -> &[Arc<Paredao>] {
        &self.paredoes
    }

    /// The paredão of this name.
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Paredao>> {
        self.paredoes.iter().find(|paredao| &*paredao.slug == slug)
    }

    /// The paredão of this number.
    pub fn by_id(&self, id: ParedaoId) -> Option<&Arc<Paredao>> {
        self.paredoes.iter().find(|paredao| paredao.id == id)
    }

    /// Whether whoever follows a paredão sees the same in `other`.
    fn looks_like(&self, other: &Self) -> bool {
        self.paredoes.iter().map(seen).eq(other.paredoes.iter().map(seen))
    }

    /// The picture with this hash.
    pub fn photo(&self, hash: &str) -> Option<&Arc<Photo>> {
        self.photos.get(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paredao(opens_at: i64, closes_at: Option<i64>) -> Paredao {
        let timestamp = |minute: i64| Timestamp::from_millisecond(minute * 60_000).unwrap();
        Paredao {
            id: 1.try_into().unwrap(),
            slug: "um".into(),
            title: "Um".to_owned(),
            opens_at: timestamp(opens_at),
            closes_at: closes_at.map(timestamp),
            shards: Shards::ONE,
            visibility: Visibility::Always,
            participants: vec![],
            panorama: Panorama::default(),
        }
    }

    fn participant(id: i64) -> Participant {
        Participant { id: id.try_into().unwrap(), name: "Ana".to_owned(), photo: None }
    }

    #[test]
    fn a_lineup_is_its_title_and_its_participants() {
        let with = |change: fn(&mut Paredao)| {
            let mut paredao = paredao(10, None);
            paredao.participants = vec![participant(1), participant(2)];
            change(&mut paredao);
            paredao.lineup()
        };
        let before = with(|_| ());
        assert_eq!(before, with(|paredao| paredao.closes_at = Some(Timestamp::MAX)));
        assert_ne!(before, with(|paredao| paredao.title.push('!')));
        assert_ne!(before, with(|paredao| paredao.participants[1] = participant(3)));
        assert_ne!(before, with(|paredao| paredao.participants.reverse()));
        assert_ne!(before, with(|paredao| paredao.participants[0].photo = Some("ab".repeat(32))));
    }

    #[test]
    fn opens_with_its_minute_and_closes_before_the_other() {
        let paredao = paredao(10, Some(12));
        let at = |millis| paredao.status(UnixMillis(millis));
        assert_eq!(
            [at(599_999), at(600_000), at(719_999), at(720_000)],
            [Status::Scheduled, Status::Open, Status::Open, Status::Closed]
        );
    }

    #[test]
    fn looks_different_when_somebody_who_follows_it_must_learn_of_it() {
        let snapshot = |change: fn(&mut Paredao)| {
            let mut paredao = paredao(10, None);
            change(&mut paredao);
            Snapshot { paredoes: vec![Arc::new(paredao)], photos: HashMap::new() }
        };
        let before = snapshot(|_| ());
        assert!(before.looks_like(&snapshot(|paredao| paredao.panorama.as_of = Some(Timestamp::MIN))));
        assert!(!before.looks_like(&snapshot(|paredao| paredao.panorama.revision = 1)));
        assert!(!before.looks_like(&snapshot(|paredao| paredao.closes_at = Some(Timestamp::MAX))));
        assert!(!before.looks_like(&snapshot(|paredao| paredao.visibility = Visibility::Production)));
        assert!(!before.looks_like(&snapshot(|paredao| paredao.title.push('!'))));
        assert!(!before.looks_like(&snapshot(|paredao| paredao.participants.push(participant(1)))));
        assert!(!before.looks_like(&Snapshot::default()));
    }

    #[test]
    fn counts_what_was_issued_before_the_closing() {
        let minute = |number: i64| Minute::try_from(number).unwrap();
        let closing = paredao(10, Some(12));
        assert!(closing.counts(minute(11)) && !closing.counts(minute(12)));
        assert!(paredao(10, None).counts(minute(1_000)));
    }
}
