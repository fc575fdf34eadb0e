//! Checking what a form says about a new paredão.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::form::{Form, FormParticipant};
use crate::error::Error;

/// The fewest participants: there must be a choice.
pub(crate) const PARTICIPANTS_MIN: usize = 2;
/// The most participants.
pub(crate) const PARTICIPANTS_MAX: usize = 20;
/// The longest slug, in bytes.
const SLUG_BYTES_MAX: usize = 80;
/// The longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;
/// The longest name of a participant, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A paredão that can be made; its pictures aren't looked at yet.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) opens_at: Option<Timestamp>,
    pub(crate) closes_at: Option<Timestamp>,
    pub(crate) participants: Vec<FormParticipant>,
}

/// Checks `form`; times without an offset are of the zone `tz`, in which the page asks for them.
pub(crate) fn check(form: &Form, tz: &TimeZone) -> Result<Draft, Error> {
    if !is_slug(&form.slug) {
        return invalid("o endereço deve ter letras minúsculas sem acento, algarismos e hífens (80 no máximo)");
    }
    if !(1..=TITLE_CHARS_MAX).contains(&form.title.chars().count()) {
        return invalid("o título deve ter de 1 a 200 letras");
    }
    let (opens_at, closes_at) = (instant(&form.opens_at, tz)?, instant(&form.closes_at, tz)?);
    if opens_at.zip(closes_at).is_some_and(|(opens_at, closes_at)| opens_at >= closes_at) {
        return invalid("a abertura deve vir antes do encerramento");
    }
    let participants = participants(&form.participants)?;
    Ok(Draft { slug: form.slug.clone(), title: form.title.clone(), opens_at, closes_at, participants })
}

fn invalid<T>(reason: &str) -> Result<T, Error> {
    Err(Error::ParedaoInvalid(reason.to_owned()))
}

fn is_slug(slug: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    slug.len() <= SLUG_BYTES_MAX && slug.split('-').all(is_word)
}

/// A whole minute, or none when the text is empty.
fn instant(text: &str, tz: &TimeZone) -> Result<Option<Timestamp>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        tz.to_timestamp(civil).ok()
    });
    match instant {
        Some(instant) if instant.round(Unit::Minute).is_ok_and(|rounded| rounded == instant) => Ok(Some(instant)),
        _ => Err(Error::ParedaoInvalid(format!("{text:?} não é um minuto inteiro em RFC 3339"))),
    }
}

/// Those with a name; a row of the page's form that was left empty is nobody.
fn participants(sent: &[FormParticipant]) -> Result<Vec<FormParticipant>, Error> {
    if sent.iter().any(|participant| participant.name.is_empty() && participant.photo.is_some()) {
        return invalid("há uma foto sem o nome do participante");
    }
    let named: Vec<_> = sent.iter().filter(|participant| !participant.name.is_empty()).cloned().collect();
    if named.iter().any(|participant| participant.name.chars().count() > NAME_CHARS_MAX) {
        return invalid("o nome de um participante deve ter no máximo 100 letras");
    }
    if !(PARTICIPANTS_MIN..=PARTICIPANTS_MAX).contains(&named.len()) {
        return invalid("um paredão tem de 2 a 20 participantes");
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let participant = |name: &str| FormParticipant { name: name.to_owned(), photo: None };
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
        check(&form, &TimeZone::get("America/Sao_Paulo").unwrap())
    }

    #[test]
    fn empty_rows_of_the_form_are_nobody() {
        let names: Vec<_> = checked(|_| ()).unwrap().participants.into_iter().map(|p| p.name).collect();
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
    fn what_cannot_be_made_is_refused() {
        let refused = |change: fn(&mut Form)| assert!(matches!(checked(change), Err(Error::ParedaoInvalid(_))));
        refused(|form| form.slug = "Final".to_owned());
        refused(|form| form.slug = "final--2026".to_owned());
        refused(|form| form.slug = "a".repeat(81));
        refused(|form| form.title.clear());
        refused(|form| form.title = "t".repeat(201));
        refused(|form| form.opens_at = "2026-11-21T21:00:30Z".to_owned());
        refused(|form| form.opens_at = "amanhã".to_owned());
        refused(|form| form.participants.truncate(1));
        refused(|form| form.participants = vec![form.participants[0].clone(); 21]);
        refused(|form| form.participants[0].name = "n".repeat(101));
        refused(|form| form.participants[2].photo = Some(vec![1]));
        refused(|form| {
            form.opens_at = "2026-11-21T21:00:00Z".to_owned();
            form.closes_at = form.opens_at.clone();
        });
    }
}
