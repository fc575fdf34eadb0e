//! Files for spreadsheets: CSV as RFC 4180 has it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Without it Excel takes the file for one of another encoding, and breaks every accent.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file of these rows, the head first. Fields with text that people wrote went through [`text`].
pub(crate) fn file(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    rows.into_iter().fold(BYTE_ORDER_MARK.to_owned(), |file, row| file + &row.join(",") + "\r\n")
}

/// The time in `tz`, with its offset.
pub(super) fn time(at: Timestamp, tz: &TimeZone) -> String {
    at.to_zoned(tz.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A field of text that people wrote. A spreadsheet would compute what begins like a formula, so that it begins with an
/// apostrophe instead.
pub(crate) fn text(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\r', '\n']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_and_never_a_formula() {
        let fields = ["Ana", "Ana \"Nina\", a 1ª", "=1+1", "-Bia", "@c", "+55", "=SOMA(A1,B1)"].map(text);
        let expected = ["Ana", "\"Ana \"\"Nina\"\", a 1ª\"", "'=1+1", "'-Bia", "'@c", "'+55", "\"'=SOMA(A1,B1)\""];
        assert_eq!(fields, expected);
        assert_eq!(file([fields[..2].to_vec()]), "\u{feff}Ana,\"Ana \"\"Nina\"\", a 1ª\"\r\n");
    }

    #[test]
    fn times_carry_their_offset() {
        let tz = TimeZone::get("America/Sao_Paulo").unwrap();
        assert_eq!(time("2026-11-22T00:04:05Z".parse().unwrap(), &tz), "2026-11-21T21:04:05-03:00");
    }
}
