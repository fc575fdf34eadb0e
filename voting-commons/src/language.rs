//! The languages that pages speak.

use std::str::FromStr;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// As it is spoken in Brazil.
    #[default]
    Portuguese,
    /// Written as in the United States.
    English,
}

/// The text isn't the tag of a language spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is pt-BR or en")]
pub struct LanguageUnknown;

impl Language {
    /// All of them, the first one first.
    pub const ALL: [Self; 2] = [Self::Portuguese, Self::English];

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Portuguese => "pt-BR",
            Self::English => "en",
        }
    }

    /// What it calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portuguese => "Português",
            Self::English => "English",
        }
    }

    /// All but this one.
    pub fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |&other| other != self)
    }

    /// The one that is wished for most in `header`, an Accept-Language; Portuguese where none is.
    pub fn accepted(header: &str) -> Self {
        let wishes = accept_language::parse_with_quality(header).into_iter();
        let spoken = wishes.filter(|(_, quality)| *quality > 0.0).find_map(|(tag, _)| Self::of_any_region(&tag));
        spoken.unwrap_or_default()
    }

    /// Whoever wishes for `en-GB` or `pt-PT` is understood too.
    fn of_any_region(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "pt" => Some(Self::Portuguese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

impl FromStr for Language {
    type Err = LanguageUnknown;

    fn from_str(tag: &str) -> Result<Self, LanguageUnknown> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or(LanguageUnknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_by_its_tag_and_nothing_else_is() {
        for language in Language::ALL {
            assert_eq!(language.tag().parse(), Ok(language));
        }
        for tag in ["", "pt", "EN", "en-US"] {
            assert_eq!(tag.parse::<Language>(), Err(LanguageUnknown));
        }
    }

    #[test]
    fn the_dearest_wish_that_can_be_met_is() {
        let accepted = [
            ("en-US,en;q=0.9", Language::English),
            ("de, EN-gb;q=0.5, pt;q=0.3", Language::English),
            ("en;q=0.3, pt-PT;q=0.8", Language::Portuguese),
            ("en;q=0, pt;q=0.1", Language::Portuguese),
        ];
        for (header, language) in accepted {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
        for header in ["", "*", "de", "en;q=0", ";;,=", "é"] {
            assert_eq!(Language::accepted(header), Language::Portuguese, "{header}");
        }
    }
}
