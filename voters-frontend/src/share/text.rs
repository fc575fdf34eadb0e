//! Texts that must fit: how wide they are in the picture's one font, and where their lines break.

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// Inter Display Bold, with the letters of Portuguese, English and their neighbours.
pub(super) const FONT: &[u8] = include_bytes!("../../fonts/inter-display-bold.otf");
/// Stands for what was left out.
const ELLIPSIS: char = '…';

/// One way to set a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Setting {
    /// The font's size in pixels.
    pub(super) size: f32,
    /// How many lines there is room for.
    pub(super) lines_max: usize,
}

/// How wide `text` is at `size`, both in pixels; kerning may only make it narrower by a little.
pub(super) fn width(text: &str, size: f32) -> f32 {
    let font = FontRef::new(FONT).expect("the font was tested");
    let (charmap, metrics) = (font.charmap(), font.glyph_metrics(Size::new(size), LocationRef::default()));
    text.chars().filter_map(|char| metrics.advance_width(charmap.map(char).unwrap_or_default())).sum()
}

/// The first of `settings` in which each of `texts` fits into `width_max` pixels, and their lines; the last one with shortened
/// texts when none does.
pub(super) fn fit(texts: &[&str], width_max: f32, settings: &[Setting]) -> (f32, Vec<Vec<String>>) {
    let mut set = (0.0, vec![]);
    for &Setting { size, lines_max } in settings {
        let lines: Vec<_> = texts.iter().map(|text| lines(text, |line| width(line, size) <= width_max)).collect();
        let fits = |(lines, is_whole): &(Vec<String>, bool)| *is_whole && lines.len() <= lines_max;
        let is_fitting = lines.iter().all(fits);
        let shortened =
            lines.into_iter().map(|(lines, _)| shorten(lines, lines_max, |line| width(line, size) <= width_max));
        set = (size, shortened.collect());
        if is_fitting {
            break;
        }
    }
    set
}

/// `text` in lines of whole words, and whether each fits.
fn lines(text: &str, fits: impl Fn(&str) -> bool) -> (Vec<String>, bool) {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if fits(&format!("{line} {word}")) => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    let is_whole = lines.iter().all(|line| fits(line));
    (lines, is_whole)
}

/// At most `lines_max` of `lines`, each of which fits: the last takes the rest's beginning.
fn shorten(mut lines: Vec<String>, lines_max: usize, fits: impl Fn(&str) -> bool) -> Vec<String> {
    if lines.len() > lines_max {
        let rest = lines.split_off(lines_max - 1);
        lines.push(rest.join(" "));
    }
    for line in &mut lines {
        if fits(line) {
            continue;
        }
        while !line.is_empty() && !fits(&format!("{line}{ELLIPSIS}")) {
            line.pop();
        }
        *line = format!("{}{ELLIPSIS}", line.trim_end());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Setting = Setting { size: 40.0, lines_max: 1 };
    const TWO: Setting = Setting { size: 30.0, lines_max: 2 };

    #[test]
    fn the_font_has_the_letters_of_portuguese() {
        let charmap = FontRef::new(FONT).unwrap().charmap();
        for char in "AÁÂÃÀÇÉÊÍÓÔÕÚÜaáâãàçéêíóôõúü0123456789%,.:!?–—“”‘’ºª…&()/'\u{a0}".chars()
        {
            assert!(charmap.map(char).is_some(), "{char:?}");
        }
        assert!(width("mmm", 30.0) > width("iii", 30.0) && width("m", 60.0) > width("m", 30.0));
    }

    #[test]
    fn a_text_is_as_large_as_it_can_be() {
        assert_eq!(fit(&["Ana Beatriz"], 400.0, &[ONE, TWO]), (40.0, vec![vec!["Ana Beatriz".to_owned()]]));
        let (size, lines) = fit(&["Ana Beatriz"], 130.0, &[ONE, TWO]);
        assert_eq!((size, &lines[0][..]), (30.0, &["Ana".to_owned(), "Beatriz".to_owned()][..]));
    }

    #[test]
    fn what_never_fits_is_shortened() {
        for text in [
            "Maria Aparecida dos Santos de Oliveira",
            "Pneumoultramicroscopicossilicovulcanoconiótico",
            "Ana Mmmmmmmmmmmmmmm",
        ] {
            let (_, lines) = fit(&[text], 150.0, &[ONE, TWO]);
            assert!(lines[0].len() <= 2 && lines[0].iter().any(|line| line.ends_with('…')), "{lines:?}");
            assert!(lines[0].iter().all(|line| width(line, 30.0) <= 150.0), "{lines:?}");
        }
    }

    #[test]
    fn one_long_name_makes_all_of_them_smaller() {
        let (size, lines) = fit(&["Ana", "Ana Beatriz"], 130.0, &[ONE, TWO]);
        assert_eq!((size, lines[0].len(), lines[1].len()), (30.0, 1, 2));
    }
}
