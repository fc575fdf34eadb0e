//! Whether a service says the same in each language, and uses what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_syntax::ast::{Entry, Resource};
use fluent_syntax::{parser, serializer};
use voting_commons::Language;

/// Who asks for a text, before its name: templates and handlers, problems, scripts.
const ASKING: [&str; 2] = ["text(", "Message::new("];

/// Messages' ids, and the variables of each.
type Messages = BTreeMap<String, BTreeSet<String>>;

/// Holds the messages of the service in `folder` against each other and against its sources.
///
/// # Panics
/// When a message is missing in a language or has other variables there, isn't used, or is used and doesn't exist.
pub fn assert_texts(folder: &str) {
    let folder = Path::new(folder);
    let [first, others @ ..] = Language::ALL;
    let messages = messages(&folder.join("locales").join(first.tag()));
    for other in others {
        let theirs = self::messages(&folder.join("locales").join(other.tag()));
        let differ: Vec<_> =
            messages.iter().chain(&theirs).filter(|(id, _)| messages.get(*id) != theirs.get(*id)).collect();
        assert!(differ.is_empty(), "{} and {} differ in {differ:#?}", first.tag(), other.tag());
    }
    let code = read(&folder.join("src"), &["rs"]);
    let templates = read(&folder.join("templates"), &["html"]);
    let scripts = read(&folder.join("assets"), &["js"]);
    let unused: Vec<_> = messages.keys().filter(|id| ![&code, &templates].iter().any(|text| names(text, id))).collect();
    assert!(unused.is_empty(), "nobody says {unused:#?}");
    let unknown: Vec<_> = [&code, &templates, &scripts]
        .iter()
        .flat_map(|text| asked(text))
        .filter(|id| !messages.contains_key(id))
        .collect();
    assert!(unknown.is_empty(), "there are no messages {unknown:#?}");
    let not_rendered: Vec<_> = asked(&scripts).into_iter().filter(|id| !names(&templates, id)).collect();
    assert!(not_rendered.is_empty(), "no template gives the scripts {not_rendered:#?}");
}

fn messages(folder: &Path) -> Messages {
    let text = read(folder, &["ftl"]);
    let resource =
        parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", folder.display()));
    let mut messages = Messages::new();
    for entry in resource.body {
        let Entry::Message(message) = &entry else { continue };
        let id = message.id.name.to_owned();
        let earlier = messages.insert(id.clone(), variables(&serializer::serialize(&Resource { body: vec![entry] })));
        assert!(earlier.is_none(), "{id} stands twice in {}", folder.display());
    }
    messages
}

/// Of a message as it is written.
fn variables(message: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let name = |rest: &str| rest.chars().take_while(|&letter| is_part(letter)).collect();
    message.split('$').skip(1).map(name).collect()
}

fn names(text: &str, id: &str) -> bool {
    text.contains(&format!("\"{id}\""))
}

/// What is asked for by its own name, not by one that is worked out.
fn asked(text: &str) -> Vec<String> {
    let after = |asking: &&'static str| {
        let is_whole =
            |at: usize| !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_');
        text.match_indices(*asking).filter(move |&(at, _)| is_whole(at)).map(|(at, asking)| &text[at + asking.len()..])
    };
    let name = |rest: &str| Some(rest.trim_start().strip_prefix('"')?.split('"').next()?.to_owned());
    ASKING.iter().flat_map(after).filter_map(name).collect()
}

/// All files with one of these extensions below `folder`, one after the other; what others wrote isn't ours to check.
fn read(folder: &Path, extensions: &[&str]) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder of the sources can be read").path();
        if path.is_dir() && !path.ends_with("vendor") {
            text += &read(&path, extensions);
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one)) {
            text += &fs::read_to_string(&path).expect("the sources are text");
            text.push('\n');
        }
    }
    text
}
