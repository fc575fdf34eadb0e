//! What is wrong with a new paredão, field by field.

use voting_commons::Visibility;
use voting_commons::adapters::texts::Message;
use voting_commons::shard::SHARDS_MAX;

use super::draft::{NAME_CHARS_MAX, PARTICIPANTS_MAX, PARTICIPANTS_MIN, SLUG_BYTES_MAX, TITLE_CHARS_MAX};

/// Something that keeps a paredão from being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) field: Field,
    pub(crate) why: Why,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Title,
    Slug,
    OpensAt,
    ClosesAt,
    Shards,
    Visibility,
    /// All of them together.
    Participants,
    /// Of the participant in this row, counted from 0.
    Name(usize),
    /// The same.
    Photo(usize),
}

impl Field {
    /// The field's id on the page.
    pub(crate) fn id(self) -> String {
        match self {
            Self::Title => "title".to_owned(),
            Self::Slug => "slug".to_owned(),
            Self::OpensAt => "opens_at".to_owned(),
            Self::ClosesAt => "closes_at".to_owned(),
            Self::Shards => "shards".to_owned(),
            Self::Visibility => "visibility".to_owned(),
            Self::Participants => "participants".to_owned(),
            Self::Name(row) => format!("participant-{row}"),
            Self::Photo(row) => format!("photo-{row}"),
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    TitleInvalid,
    SlugInvalid,
    SlugTaken,
    TimeInvalid,
    OpeningPassed,
    ClosingPassed,
    ClosingFirst,
    ShardsInvalid,
    VisibilityInvalid,
    /// There are too few or too many.
    ParticipantsInvalid,
    /// There is a picture without a name.
    NameMissing,
    NameInvalid,
    /// Somebody else has this name.
    NameTwice(String),
    /// The text says what is wrong with the picture.
    PictureRefused(&'static str),
}

impl Why {
    /// What to tell the production team.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::TitleInvalid => Message::new("new-title-invalid").with("max", TITLE_CHARS_MAX),
            Self::SlugInvalid => Message::new("new-slug-invalid").with("max", SLUG_BYTES_MAX),
            Self::SlugTaken => Message::new("slug-taken"),
            Self::TimeInvalid => Message::new("new-time-invalid"),
            Self::OpeningPassed => Message::new("new-opening-passed"),
            Self::ClosingPassed => Message::new("new-closing-passed"),
            Self::ClosingFirst => Message::new("new-closing-first"),
            Self::ShardsInvalid => Message::new("new-shards-invalid").with("max", i32::from(SHARDS_MAX)),
            Self::VisibilityInvalid => {
                Message::new("new-visibility-invalid").with("names", Visibility::ALL.map(Visibility::name).join(", "))
            }
            Self::ParticipantsInvalid => {
                Message::new("new-participants-invalid").with("min", PARTICIPANTS_MIN).with("max", PARTICIPANTS_MAX)
            }
            Self::NameMissing => Message::new("new-name-missing"),
            Self::NameInvalid => Message::new("new-name-invalid").with("max", NAME_CHARS_MAX),
            Self::NameTwice(name) => Message::new("new-name-twice").with("name", name),
            Self::PictureRefused(text) => Message::new(*text),
        }
    }
}

/// Those that were met so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(&mut self, field: Field, why: Why) {
        self.0.push(Mistake { field, why });
    }

    /// What was read from a field; where it is wrong, that is noted.
    pub(super) fn take<T>(&mut self, field: Field, read: Result<T, Why>) -> Option<T> {
        read.map_err(|why| self.add(field, why)).ok()
    }
}
