//! The fields of the form that describes a paredão, a new one or not. Refused, they come back with what was typed, and with each
//! mistake beside its field.

use askama::Template;
use voting_commons::Visibility;
use voting_commons::adapters::texts::Texts;

use super::{text, visibility_text};
use crate::app::Zone;
use crate::error::Error;
use crate::paredao::draft::{PARTICIPANTS_MAX, PARTICIPANTS_MIN};
use crate::paredao::form::{Form, FormParticipant};
use crate::paredao::mistake::{Field, Mistake, Why};

/// Rows for participants that there are at least.
const ROWS_MIN: usize = 3;

/// Renders itself as a part of a page.
#[derive(Template)]
#[template(path = "form_fields.html")]
pub(super) struct FormFields<'a> {
    t: Texts,
    pub(super) form: Form,
    pub(super) mistakes: &'a [Mistake],
    zone: &'a Zone,
    is_new: bool,
}

impl<'a> FormFields<'a> {
    /// With an empty row for one more participant.
    pub(super) fn new(t: Texts, mut form: Form, mistakes: &'a [Mistake], zone: &'a Zone, is_new: bool) -> Self {
        let filled = form.participants.iter().rposition(|row| !row.name.is_empty() || row.photo_kept.is_some());
        let rows = filled.map_or(ROWS_MIN, |last| (last + 2).clamp(ROWS_MIN, PARTICIPANTS_MAX));
        let rows = rows.max(form.participants.len());
        form.participants.resize_with(rows, FormParticipant::default);
        Self { t, form, mistakes, zone, is_new }
    }

    /// Rows up to the most participants, for who has no script that adds them.
    fn more_rows(&self) -> Vec<FormParticipant> {
        vec![FormParticipant::default(); PARTICIPANTS_MAX.saturating_sub(self.form.participants.len())]
    }

    /// What is wrong with the field of this id; empty where nothing is.
    fn wrong(&self, id: &str) -> String {
        let mistakes = self.mistakes.iter().filter(|mistake| mistake.field.id() == id);
        mistakes.map(|mistake| self.t.say(&mistake.why.message())).collect::<Vec<_>>().join(" ")
    }

    /// The same of the field `name` in a row for a participant.
    fn wrong_in_row(&self, name: &str, row: &usize) -> String {
        self.wrong(&format!("{name}-{row}"))
    }
}

/// What `error` says of the form's fields.
///
/// # Errors
/// The error itself, where it is about something else.
pub(super) fn mistakes_of(error: Error) -> Result<Vec<Mistake>, Error> {
    match error {
        Error::ParedaoInvalid(mistakes) => Ok(mistakes),
        Error::SlugTaken => Ok(vec![Mistake { field: Field::Slug, why: Why::SlugTaken }]),
        Error::PictureRefused { row, source, .. } => {
            Ok(vec![Mistake { field: Field::Photo(row), why: Why::PictureRefused(source.text_id()) }])
        }
        error => Err(error),
    }
}
