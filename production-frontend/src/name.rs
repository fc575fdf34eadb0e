//! Names that people read, and by which they tell one from another.

/// Whether people can read `text` on one line, and what stands beside it. Postgres's text holds no NUL, so that one must not get
/// through.
pub(crate) fn is_name(text: &str, chars_max: usize) -> bool {
    let spoils = |c: char| c.is_control() || turns(c);
    text.chars().count() <= chars_max && !text.contains(spoils) && !seen(text).is_empty()
}

/// Whether it turns the direction in which what follows is written, also past the end of the name.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether all that tells `text` from others can be seen: words with one space between them.
pub(crate) fn is_plain(text: &str) -> bool {
    text.split(' ').all(|word| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || is_invisible(c)))
}

/// `text` as people tell it from others: without what they don't see, and in lower case.
pub(crate) fn seen(text: &str) -> String {
    text.chars().filter(|&c| !c.is_whitespace() && !is_invisible(c)).flat_map(char::to_lowercase).collect()
}

/// Characters without width, and letters that are drawn as nothing.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_are_seen() {
        assert!(is_name("Ana 👩‍🚀 d'Ávila", 100));
        for name in [
            "",
            " ",
            "\u{200b}\u{feff}",
            "\u{3164} \u{2800}",
            "Ana\0",
            "Ana\nBia",
            "Ana\u{85}",
            "\u{202e}Ana",
            "\u{2067}Ana",
        ] {
            assert!(!is_name(name, 100), "{name:?}");
        }
        assert_eq!(seen("Ana  Célia\u{200d}"), seen("ana célia"));
        assert_ne!(seen("Celia"), seen("Célia"));
    }

    #[test]
    fn plain_names_hide_nothing() {
        for name in ["maria", "Maria da Silva", "joão-2"] {
            assert!(is_plain(name), "{name:?}");
        }
        for name in ["m\u{200b}aria", "maria  silva", "maria\u{a0}silva", "maria\u{2800}", "", " maria"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
