//! Checking what a form says about a new paredão.

use std::collections::HashSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use voting_commons::shard::SHARDS_MAX;
use voting_commons::{Shards, Visibility};

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
    pub(crate) participants: Vec<FormParticipant>,
}

/// Checks `form`; times without an offset are of the zone `tz`, in which the page asks for them.
pub(crate) fn check(form: &Form, tz: &TimeZone, now: Timestamp) -> Result<Draft, Error> {
    let (slug, title) = (form.slug.trim(), form.title.trim());
    if !is_slug(slug) {
        return invalid("O endereço deve ter letras minúsculas sem acento, algarismos e hífens (80 no máximo).");
    }
    if !is_name(title, TITLE_CHARS_MAX) {
        return invalid("O título deve ter de 1 a 200 letras, em uma só linha.");
    }
    let opens_at = instant(&form.opens_at, "A abertura", tz)?;
    let closes_at = instant(&form.closes_at, "O encerramento", tz)?;
    if opens_at.is_some_and(|opens_at| opens_at.as_second() < now.as_second() / MINUTE_SECONDS * MINUTE_SECONDS) {
        return invalid("A abertura já passou: para abrir agora, deixe-a vazia e abra o rascunho.");
    }
    if closes_at.is_some_and(|closes_at| closes_at <= now) {
        return invalid("O encerramento já passou.");
    }
    if opens_at.zip(closes_at).is_some_and(|(opens_at, closes_at)| opens_at >= closes_at) {
        return invalid("A abertura deve vir antes do encerramento.");
    }
    Ok(Draft {
        slug: slug.to_owned(),
        title: title.to_owned(),
        opens_at,
        closes_at,
        shards: shards(form.shards.trim())?,
        visibility: visibility(form.visibility.trim())?,
        participants: participants(&form.participants)?,
    })
}

fn invalid<T>(reason: &str) -> Result<T, Error> {
    Err(Error::ParedaoInvalid(reason.to_owned()))
}

fn is_slug(slug: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    slug.len() <= SLUG_BYTES_MAX && slug.split('-').all(is_word)
}

/// Whether people can read `text` on one line. Postgres's text holds no NUL, so that one must not get through.
fn is_name(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max && !text.contains(char::is_control) && !seen(text).is_empty()
}

/// `text` as people tell it from others: without what they don't see, and in lower case.
fn seen(text: &str) -> String {
    text.chars().filter(|&c| !c.is_whitespace() && !is_invisible(c)).flat_map(char::to_lowercase).collect()
}

/// Characters without width, and letters that are drawn as nothing.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A whole minute, or none when the text is empty.
fn instant(text: &str, what: &str, tz: &TimeZone) -> Result<Option<Timestamp>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        tz.to_timestamp(civil).ok()
    });
    let minute = instant.filter(|instant| instant.round(Unit::Minute).is_ok_and(|rounded| rounded == *instant));
    let invalid = || Error::ParedaoInvalid(format!("{what} deve ser um minuto inteiro, como 2026-11-21T21:00."));
    minute.map(Some).ok_or_else(invalid)
}

fn shards(text: &str) -> Result<Shards, Error> {
    if text.is_empty() {
        return Ok(Shards::ONE);
    }
    let shards = text.parse::<i64>().ok().and_then(|number| number.try_into().ok());
    shards.ok_or_else(|| Error::ParedaoInvalid(format!("As divisões devem ser um número de 1 a {SHARDS_MAX}.")))
}

fn visibility(text: &str) -> Result<Visibility, Error> {
    if text.is_empty() {
        return Ok(Visibility::default());
    }
    let names = Visibility::ALL.map(Visibility::name).join(", ");
    text.parse().map_err(|_| Error::ParedaoInvalid(format!("Quem vê os resultados deve ser um destes: {names}.")))
}

/// Those with a name; a row of the page's form that was left empty is nobody.
fn participants(sent: &[FormParticipant]) -> Result<Vec<FormParticipant>, Error> {
    if sent.iter().any(|participant| participant.name.is_empty() && participant.photo.is_some()) {
        return invalid("Há uma foto sem o nome do participante.");
    }
    let mut names = HashSet::new();
    let mut named = Vec::new();
    for FormParticipant { name, photo } in sent.iter().filter(|participant| !participant.name.is_empty()) {
        let name = name.trim();
        if !is_name(name, NAME_CHARS_MAX) {
            return invalid("O nome de um participante deve ter de 1 a 100 letras, em uma só linha.");
        }
        if !names.insert(seen(name)) {
            return Err(Error::ParedaoInvalid(format!("O nome {name} aparece duas vezes.")));
        }
        named.push(FormParticipant { name: name.to_owned(), photo: photo.clone() });
    }
    if !(PARTICIPANTS_MIN..=PARTICIPANTS_MAX).contains(&named.len()) {
        return invalid("Um paredão tem de 2 a 20 participantes.");
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
        check(&form, &TimeZone::get("America/Sao_Paulo").unwrap(), "2026-11-21T20:30:59Z".parse().unwrap())
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
    fn the_current_minute_is_early_enough() {
        assert!(checked(|form| form.opens_at = "2026-11-21T20:30:00Z".to_owned()).is_ok());
        assert!(checked(|form| form.closes_at = "2026-11-21T20:31:00Z".to_owned()).is_ok());
    }

    #[test]
    fn names_are_those_that_are_seen() {
        assert!(is_name("Ana 👩‍🚀 d'Ávila", 100));
        for name in ["", " ", "\u{200b}\u{feff}", "\u{3164} \u{2800}", "Ana\0", "Ana\nBia", "Ana\u{85}"] {
            assert!(!is_name(name, 100), "{name:?}");
        }
        assert_eq!(seen("Ana  Célia\u{200d}"), seen("ana célia"));
        assert_ne!(seen("Celia"), seen("Célia"));
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

    #[test]
    fn what_cannot_be_made_is_refused() {
        let refused = |change: fn(&mut Form)| assert!(matches!(checked(change), Err(Error::ParedaoInvalid(_))));
        refused(|form| form.shards = "0".to_owned());
        refused(|form| form.shards = "65".to_owned());
        refused(|form| form.shards = "many".to_owned());
        refused(|form| form.visibility = "nobody".to_owned());
        refused(|form| form.slug = "Final".to_owned());
        refused(|form| form.slug = "final--2026".to_owned());
        refused(|form| form.slug = "a".repeat(81));
        refused(|form| form.title.clear());
        refused(|form| form.title = "t".repeat(201));
        refused(|form| form.opens_at = "2026-11-21T21:00:30Z".to_owned());
        refused(|form| form.opens_at = "amanhã".to_owned());
        refused(|form| form.opens_at = "2026-11-21T20:29:00Z".to_owned());
        refused(|form| form.opens_at = "-005000-01-01T00:00:00Z".to_owned());
        refused(|form| form.closes_at = "2026-11-21T20:30:00Z".to_owned());
        refused(|form| form.participants[1].name = "ANA\u{200b}".to_owned());
        refused(|form| form.participants[2].name = " ".to_owned());
        refused(|form| form.participants.truncate(1));
        refused(|form| {
            form.participants = (0..21).map(|n| FormParticipant { name: n.to_string(), photo: None }).collect()
        });
        refused(|form| form.participants[0].name = "n".repeat(101));
        refused(|form| form.participants[2].photo = Some(vec![1]));
        refused(|form| {
            form.opens_at = "2026-11-21T21:00:00Z".to_owned();
            form.closes_at = form.opens_at.clone();
        });
    }
}
