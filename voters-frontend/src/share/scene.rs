//! What a share picture shows.

use std::hash::{DefaultHasher, Hash, Hasher};

use voting_commons::adapters::texts::Texts;
use voting_commons::percentages::Percent;
use voting_commons::{Language, UnixMillis};

use crate::pages::moment;
use crate::snapshot::{Paredao, Participant, Snapshot, Status};
use crate::visibility::why_hidden;

/// What a share picture shows. Equal scenes make equal pictures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scene {
    /// All but numbers.
    pub face: Face,
    /// Each person's share; `None` while anybody isn't shown them.
    pub percents: Option<Vec<Percent>>,
}

/// What a share picture shows besides numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Face {
    /// In which words and numbers are written.
    pub language: Language,
    /// The paredão's name.
    pub title: String,
    /// Where it stands.
    pub standing: String,
    /// Whether it takes votes.
    pub is_open: bool,
    /// Who stands in it.
    pub people: Vec<Person>,
}

/// Somebody in the picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// The hash of their picture, which the snapshot holds.
    pub photo: Option<String>,
}

impl Scene {
    /// `paredao` of `snapshot` at `now`, as somebody sees it who hasn't voted: nobody knows who will look at a shared link.
    pub fn of(t: Texts, snapshot: &Snapshot, paredao: &Paredao, now: UnixMillis) -> Self {
        let status = paredao.status(now);
        let people = paredao.participants.iter().map(|one| Person {
            name: one.name.clone(),
            photo: one.photo.clone().filter(|hash| snapshot.photo(hash).is_some()),
        });
        let standing = match status {
            Status::Scheduled => t.text("picture-scheduled").with("at", moment(&t, &paredao.opens_at)),
            Status::Open => t.text("picture-open"),
            Status::Closed => t.text("picture-closed"),
        };
        let face = Face {
            language: t.language(),
            title: paredao.title.clone(),
            standing: standing.to_string(),
            is_open: status == Status::Open,
            people: people.collect(),
        };
        let is_shown = status != Status::Scheduled && why_hidden(paredao.visibility, status, false).is_none();
        let percent = |one: &Participant| paredao.panorama.shares.get(&one.id).copied();
        let percents = || paredao.participants.iter().map(|one| percent(one).unwrap_or_default()).collect();
        Self { face, percents: is_shown.then(percents) }
    }

    /// Names this scene in an address.
    pub fn version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// Whether `other` differs in numbers alone, and both show some.
    pub(super) fn is_later_count_of(&self, other: &Self) -> bool {
        self.face == other.face && self.percents.is_some() && other.percents.is_some()
    }
}
