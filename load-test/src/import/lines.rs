//! A file, line by line.

use std::io::{self, BufRead, Read};

/// The longest line, in bytes, without what ends it.
pub(super) const LINE_BYTES_MAX: usize = 1_024;
/// What some programs put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file's lines. A line is held whole only up to [`LINE_BYTES_MAX`]: a file may be one line of many gigabytes.
pub(super) struct Lines<F> {
    file: F,
    number: u64,
    line: Vec<u8>,
}

impl<F: BufRead> Lines<F> {
    /// Those of `file`, from its beginning.
    pub(super) fn of(mut file: F) -> io::Result<Self> {
        if file.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            file.consume(BYTE_ORDER_MARK.len());
        }
        Ok(Self { file, number: 0, line: Vec::with_capacity(LINE_BYTES_MAX + 1) })
    }

    /// The next line that isn't blank, and its number: blank lines have numbers too. Of one that is too long, one byte more
    /// than a line may have.
    pub(super) fn read(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        while self.advance()? {
            let is_too_long = self.line.len() > LINE_BYTES_MAX;
            if is_too_long || !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, &self.line)));
            }
        }
        Ok(None)
    }

    /// Reads one line; whether there was one.
    fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        let bytes_max = u64::try_from(LINE_BYTES_MAX + 1).expect("a line is short");
        if self.file.by_ref().take(bytes_max).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() > LINE_BYTES_MAX {
            self.file.skip_until(b'\n')?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn lines(text: impl AsRef<[u8]>) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Lines::of(text.as_ref()).unwrap();
        let mut read = Vec::new();
        while let Some((number, line)) = lines.read().unwrap() {
            read.push((number, line.to_vec()));
        }
        read
    }

    #[test]
    fn a_blank_line_is_passed_over_and_has_a_number() {
        let read = [(1, b"a".to_vec()), (4, b"b".to_vec())];
        for text in ["a\n\n \t\nb", "a\n\n\nb\n", "a\n\n\nb\n\n\n"] {
            assert_eq!(lines(text), read, "{text:?}");
        }
        assert_eq!(lines(""), []);
        assert_eq!(lines("\r\n\n"), []);
        assert_eq!(lines("a\r\n\r\nb\r\n"), [(1, b"a\r".to_vec()), (3, b"b\r".to_vec())]);
    }

    #[test]
    fn only_the_first_line_may_have_a_byte_order_mark() {
        assert_eq!(lines("\u{feff}a\n\u{feff}b"), [(1, b"a".to_vec()), (2, "\u{feff}b".into())]);
        assert_eq!(lines("\u{feff}\na"), [(2, b"a".to_vec())]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
        let longest = "x".repeat(LINE_BYTES_MAX);
        let text = format!("{longest}\n{longest}x\n{longest}yyy\nnext\n{}", " ".repeat(LINE_BYTES_MAX + 7));
        let read = lines(text);
        let lengths: Vec<_> = read.iter().map(|(number, line)| (*number, line.len())).collect();
        let cut = LINE_BYTES_MAX + 1;
        assert_eq!(lengths, [(1, LINE_BYTES_MAX), (2, cut), (3, cut), (4, 4), (5, cut)]);
        assert_eq!(read[3].1, b"next");
    }

    #[test]
    fn a_huge_line_is_not_held() {
        let huge = io::repeat(b'x').take(200_000_000).chain(&b"\nnext"[..]);
        let mut lines = Lines::of(BufReader::new(huge)).unwrap();
        assert_eq!(lines.read().unwrap().map(|(number, line)| (number, line.len())), Some((1, LINE_BYTES_MAX + 1)));
        assert_eq!(lines.read().unwrap(), Some((2, &b"next"[..])));
        assert_eq!(lines.line.capacity(), LINE_BYTES_MAX + 1);
    }
}
