//! What pages say, from the messages of a service's `locales/{pt-BR,en}/*.ftl` ([Fluent](https://projectfluent.org)).

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{FluentBundle, LanguageIdentifier, StaticLoader};
use icu_decimal::input::Decimal;
use jiff::Zoned;

use crate::language::Language;
use crate::percentages::Percent;

/// Has numbers in messages written as their language does; for `static_loader!`'s `customise`.
pub fn write_numbers<R>(bundle: &mut FluentBundle<R>) {
    let is_english = bundle.locales.contains(&identifier(Language::English));
    bundle.set_formatter(Some(if is_english { write_english } else { write_portuguese }));
}

fn write_english<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    write(Language::English, value)
}

fn write_portuguese<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    write(Language::Portuguese, value)
}

/// Numbers; `None` for anything else, which is shown as it is.
fn write(language: Language, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(language.write(&Decimal::from_str(&number.as_string()).ok()?)),
        _ => None,
    }
}

fn identifier(language: Language) -> LanguageIdentifier {
    language.tag().parse().expect("each language's tag is well-formed")
}

/// A service's texts in one language. As an extractor it gives the ones that the service's middleware chose.
#[derive(Clone, Copy)]
pub struct Texts {
    loader: &'static StaticLoader,
    language: Language,
}

impl Texts {
    /// The messages of `loader`.
    pub fn new(loader: &'static StaticLoader, language: Language) -> Self {
        Self { loader, language }
    }

    /// The language.
    pub fn language(self) -> Language {
        self.language
    }

    /// The message `id`, to be displayed; where it has variables, [`Text::with`] fills them in.
    pub fn text(self, id: impl AsRef<str>) -> Text {
        Text { texts: self, message: Message::new(id) }
    }

    /// What `message` says. One that isn't there, or lacks a value, is a defect: it is logged, and says its id.
    pub fn say(self, message: &Message) -> String {
        let said = self.loader.lookup_single_language(&identifier(self.language), &message.id, Some(&message.values));
        said.unwrap_or_else(|error| {
            tracing::error!(id = message.id, %error, "a text can't be said");
            message.id.clone()
        })
    }

    /// `1234567` as `1.234.567` or `1,234,567`. These take references, as templates give them.
    pub fn number(self, number: &i64) -> String {
        self.language.number(*number)
    }

    /// `47,30 %` or `47.30%`.
    pub fn percent(self, percent: &Percent) -> String {
        self.language.percent(*percent)
    }

    /// `21/11/2026 às 21:30` or `Nov 21, 2026, 21:30`.
    pub fn minute(self, at: &Zoned) -> String {
        self.language.minute(at)
    }
}

impl<S: Sync> FromRequestParts<S> for Texts {
    /// A router without the middleware is a defect.
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get().copied().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A message with its values, before it is known in which language it will be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    id: String,
    values: HashMap<&'static str, FluentValue<'static>>,
}

impl Message {
    /// The message `id`.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self { id: id.as_ref().to_owned(), values: HashMap::new() }
    }

    /// Fills `value` in for `$name`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Value) -> Self {
        self.values.insert(name, value.to_value());
        self
    }
}

/// A message in a language; it displays itself as what it says.
#[derive(Clone)]
pub struct Text {
    texts: Texts,
    message: Message,
}

impl Text {
    /// Fills `value` in for `$name`.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Value) -> Self {
        Self { message: self.message.with(name, value), ..self }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts.say(&self.message))
    }
}

/// What can be filled in: text as it is, and numbers as the language writes them.
pub trait Value {
    /// As Fluent takes it.
    fn to_value(&self) -> FluentValue<'static>;
}

impl<T: Value + ?Sized> Value for &T {
    fn to_value(&self) -> FluentValue<'static> {
        (**self).to_value()
    }
}

macro_rules! values {
    ($($type:ty => $own:expr),*) => {$(
        impl Value for $type {
            fn to_value(&self) -> FluentValue<'static> {
                let own: fn(&Self) -> _ = $own;
                own(self).into()
            }
        }
    )*};
}

values!(
    str => Self::to_owned,
    String => Self::clone,
    Text => Self::to_string,
    i32 => |&number| number,
    i64 => |&number| number,
    u32 => |&number| number,
    u64 => |&number| number,
    usize => |&number| number
);
