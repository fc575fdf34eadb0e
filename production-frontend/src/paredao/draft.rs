//! Checking what a form says about a new paredão.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use voting_commons::{Shards, Visibility};

use super::form::{Form, FormParticipant};
use super::mistake::{Field, Mistake, Mistakes, Why};
use crate::error::Error;
use crate::instant;
use crate::name::{is_name, seen};

/// The fewest participants: there must be a choice.
pub(crate) const PARTICIPANTS_MIN: usize = 2;
/// The most participants.
pub(crate) const PARTICIPANTS_MAX: usize = 20;
/// The longest slug, in bytes.
pub(super) const SLUG_BYTES_MAX: usize = 80;
/// The longest title, in characters.
pub(super) const TITLE_CHARS_MAX: usize = 200;
/// The longest name of a participant, in characters.
pub(super) const NAME_CHARS_MAX: usize = 100;

const MINUTE_SECONDS: i64 = 60;

/// A paredão that can be made; its pictures aren't looked at yet.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) opens_at: Option<Timestamp>,
    pub(crate) closes_at: Option<Timestamp>,
    pub(crate) shards: Shards,
    pub(crate) visibility: Visibility,
    pub(crate) participants: Vec<DraftParticipant>,
}

/// Somebody who stands in it.
#[derive(Debug)]
pub(crate) struct DraftParticipant {
    /// Their row of the form, counted from 0.
    pub(crate) row: usize,
    pub(crate) name: String,
    pub(crate) photo: Option<Vec<u8>>,
    /// The hash of the picture that they had before a change.
    pub(crate) photo_kept: Option<String>,
}

/// Checks `form`, and says everything that is wrong with it; times without an offset are of the zone `tz`, in which the page asks
/// for them.
pub(crate) fn check(form: &Form, tz: &TimeZone, now: Timestamp) -> Result<Draft, Error> {
    let mut mistakes = Mistakes::default();
    let title = mistakes.take(Field::Title, title(form.title.trim()));
    let slug = mistakes.take(Field::Slug, slug(form.slug.trim()));
    let opens_at = mistakes.take(Field::OpensAt, instant(&form.opens_at, tz));
    let closes_at = mistakes.take(Field::ClosesAt, instant(&form.closes_at, tz));
    check_times(opens_at.flatten(), closes_at.flatten(), now, &mut mistakes);
    let shards = mistakes.take(Field::Shards, shards(form.shards.trim()));
    let visibility = mistakes.take(Field::Visibility, visibility(form.visibility.trim()));
    let participants = participants(&form.participants, &mut mistakes);
    let (true, Some(title), Some(slug), Some(opens_at), Some(closes_at), Some(shards), Some(visibility)) =
        (mistakes.0.is_empty(), title, slug, opens_at, closes_at, shards, visibility)
    else {
        return Err(Error::ParedaoInvalid(mistakes.0));
    };
    Ok(Draft { slug, title, opens_at, closes_at, shards, visibility, participants })
}

/// When an open paredão is to close: a whole minute to come.
pub(crate) fn closing_to_come(text: &str, tz: &TimeZone, now: Timestamp) -> Result<Timestamp, Error> {
    let why = match instant(text, tz) {
        Ok(Some(closes_at)) if closes_at > now => return Ok(closes_at),
        Ok(Some(_)) => Why::ClosingPassed,
        Ok(None) => Why::TimeInvalid,
        Err(why) => why,
    };
    Err(Error::ParedaoInvalid(vec![Mistake { field: Field::ClosesAt, why }]))
}

fn slug(text: &str) -> Result<String, Why> {
    if is_slug(text) { Ok(text.to_owned()) } else { Err(Why::SlugInvalid) }
}

fn title(text: &str) -> Result<String, Why> {
    let is_title = is_name(text, TITLE_CHARS_MAX);
    if is_title { Ok(text.to_owned()) } else { Err(Why::TitleInvalid) }
}

fn check_times(opens_at: Option<Timestamp>, closes_at: Option<Timestamp>, now: Timestamp, mistakes: &mut Mistakes) {
    if opens_at.is_some_and(|opens_at| opens_at.as_second() < now.as_second() / MINUTE_SECONDS * MINUTE_SECONDS) {
        mistakes.add(Field::OpensAt, Why::OpeningPassed);
    }
    if closes_at.is_some_and(|closes_at| closes_at <= now) {
        mistakes.add(Field::ClosesAt, Why::ClosingPassed);
    } else if opens_at.zip(closes_at).is_some_and(|(opens_at, closes_at)| opens_at >= closes_at) {
        mistakes.add(Field::ClosesAt, Why::ClosingFirst);
    }
}

fn is_slug(slug: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    slug.len() <= SLUG_BYTES_MAX && slug.split('-').all(is_word)
}

/// A whole minute, or none when the text is empty.
fn instant(text: &str, tz: &TimeZone) -> Result<Option<Timestamp>, Why> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let minute =
        instant::read(text, tz).filter(|instant| instant.round(Unit::Minute).is_ok_and(|rounded| rounded == *instant));
    minute.map(Some).ok_or(Why::TimeInvalid)
}

fn shards(text: &str) -> Result<Shards, Why> {
    if text.is_empty() {
        return Ok(Shards::ONE);
    }
    let shards = text.parse::<i64>().ok().and_then(|number| number.try_into().ok());
    shards.ok_or(Why::ShardsInvalid)
}

fn visibility(text: &str) -> Result<Visibility, Why> {
    if text.is_empty() {
        return Ok(Visibility::default());
    }
    text.parse().map_err(|_| Why::VisibilityInvalid)
}

/// Those with a name; a row of the page's form that was left empty is nobody.
fn participants(sent: &[FormParticipant], mistakes: &mut Mistakes) -> Vec<DraftParticipant> {
    let mut names = HashSet::new();
    let mut named = Vec::new();
    for (row, FormParticipant { name, photo, photo_kept }) in sent.iter().enumerate() {
        let name = name.trim();
        if name.is_empty() {
            if photo.is_some() {
                mistakes.add(Field::Name(row), Why::NameMissing);
            }
            continue;
        }
        if !is_name(name, NAME_CHARS_MAX) {
            mistakes.add(Field::Name(row), Why::NameInvalid);
        } else if !names.insert(seen(name)) {
            mistakes.add(Field::Name(row), Why::NameTwice(name.to_owned()));
        }
        let (photo, photo_kept) = (photo.clone(), photo_kept.clone());
        named.push(DraftParticipant { row, name: name.to_owned(), photo, photo_kept });
    }
    if !(PARTICIPANTS_MIN..=PARTICIPANTS_MAX).contains(&named.len()) {
        mistakes.add(Field::Participants, Why::ParticipantsInvalid);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let participant = |name: &str| FormParticipant { name: name.to_owned(), ..FormParticipant::default() };
        Form {
            slug: "final-2026".to_owned(),
            title: "Final".to_owned(),
            participants: vec![participant("Ana"), participant("Bia"), participant("")],
            ..Form::default()
        }
    }

    fn checked(change: impl FnOnce(&mut Form)) -> Result<Draft, Error> {
        let mut form = form();
        change(&mut form);
        check(&form, &TimeZone::get("America/Sao_Paulo").unwrap(), "2026-11-21T20:30:59Z".parse().unwrap())
    }

    #[test]
    fn empty_rows_of_the_form_are_nobody() {
        let blank = |form: &mut Form| {
            form.participants.insert(1, FormParticipant { name: " ".to_owned(), ..FormParticipant::default() })
        };
        let names: Vec<_> = checked(blank).unwrap().participants.into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["Ana", "Bia"]);
    }

    #[test]
    fn times_without_an_offset_are_the_zones() {
        let draft = checked(|form| {
            form.opens_at = "2026-11-21T21:00".to_owned();
            form.closes_at = "2026-11-22T01:00:00Z".to_owned();
        })
        .unwrap();
        assert_eq!(draft.opens_at.unwrap().to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(draft.closes_at.unwrap().to_string(), "2026-11-22T01:00:00Z");
    }

    #[test]
    fn the_current_minute_is_early_enough() {
        assert!(checked(|form| form.opens_at = "2026-11-21T20:30:00Z".to_owned()).is_ok());
        assert!(checked(|form| form.closes_at = "2026-11-21T20:31:00Z".to_owned()).is_ok());
    }

    #[test]
    fn there_is_one_shard_unless_more_are_asked_for() {
        assert_eq!(checked(|_| ()).unwrap().shards, Shards::ONE);
        assert_eq!(checked(|form| form.shards = "12".to_owned()).unwrap().shards.get(), 12);
    }

    #[test]
    fn everybody_sees_the_results_unless_something_else_is_asked_for() {
        assert_eq!(checked(|_| ()).unwrap().visibility, Visibility::Always);
        let draft = checked(|form| form.visibility = "after_closing".to_owned()).unwrap();
        assert_eq!(draft.visibility, Visibility::AfterClosing);
    }

    /// The fields of which something is wrong after `change`.
    fn wrong(change: fn(&mut Form)) -> Vec<Field> {
        match checked(change) {
            Err(Error::ParedaoInvalid(mistakes)) => mistakes.into_iter().map(|mistake| mistake.field).collect(),
            checked => panic!("{checked:?}"),
        }
    }

    #[test]
    fn what_cannot_be_made_is_refused_where_it_is_wrong() {
        for shards in ["0", "65", "many"] {
            let Err(Error::ParedaoInvalid(mistakes)) = checked(|form| form.shards = shards.to_owned()) else {
                panic!()
            };
            assert_eq!(mistakes[0].field, Field::Shards, "{shards}");
        }
        assert_eq!(wrong(|form| form.visibility = "nobody".to_owned()), [Field::Visibility]);
        assert_eq!(wrong(|form| form.slug = "Final".to_owned()), [Field::Slug]);
        assert_eq!(wrong(|form| form.slug = "final--2026".to_owned()), [Field::Slug]);
        assert_eq!(wrong(|form| form.slug = "a".repeat(81)), [Field::Slug]);
        assert_eq!(wrong(|form| form.title.clear()), [Field::Title]);
        assert_eq!(wrong(|form| form.title = "t".repeat(201)), [Field::Title]);
        assert_eq!(wrong(|form| form.opens_at = "2026-11-21T21:00:30Z".to_owned()), [Field::OpensAt]);
        assert_eq!(wrong(|form| form.opens_at = "amanhã".to_owned()), [Field::OpensAt]);
        assert_eq!(wrong(|form| form.opens_at = "2026-11-21T20:29:00Z".to_owned()), [Field::OpensAt]);
        assert_eq!(wrong(|form| form.opens_at = "-005000-01-01T00:00:00Z".to_owned()), [Field::OpensAt]);
        assert_eq!(wrong(|form| form.closes_at = "2026-11-21T20:30:00Z".to_owned()), [Field::ClosesAt]);
        let backwards = wrong(|form| {
            form.opens_at = "2026-11-21T21:00:00Z".to_owned();
            form.closes_at = form.opens_at.clone();
        });
        assert_eq!(backwards, [Field::ClosesAt]);
    }

    #[test]
    fn a_wrong_participant_is_named_by_their_row() {
        assert_eq!(wrong(|form| form.participants[1].name = "ANA\u{200b}".to_owned()), [Field::Name(1)]);
        assert_eq!(wrong(|form| form.participants[2].name = "\u{200b}".to_owned()), [Field::Name(2)]);
        assert_eq!(wrong(|form| form.participants[0].name = "n".repeat(101)), [Field::Name(0)]);
        assert_eq!(wrong(|form| form.participants[2].photo = Some(vec![1])), [Field::Name(2)]);
        assert_eq!(wrong(|form| form.participants.truncate(1)), [Field::Participants]);
        let many = wrong(|form| {
            form.participants =
                (0..21).map(|n| FormParticipant { name: n.to_string(), ..FormParticipant::default() }).collect();
        });
        assert_eq!(many, [Field::Participants]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let all = wrong(|form| {
            form.title.clear();
            form.slug = "Final".to_owned();
            form.opens_at = "amanhã".to_owned();
            form.participants[1].name = "Ana".to_owned();
        });
        assert_eq!(all, [Field::Title, Field::Slug, Field::OpensAt, Field::Name(1)]);
    }
}
