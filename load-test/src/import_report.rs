//! What an import shows: on the terminal, as a page, and for programs.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use askama::Template;
use serde::Serialize;

/// The report; as JSON just so.
#[derive(Debug, Serialize)]
pub(crate) struct ImportReport {
    /// The import's number.
    pub(crate) import: i32,
    /// The file that was imported.
    pub(crate) file: String,
    /// Votes written by this run.
    pub(crate) written: u64,
    /// Votes written by earlier runs.
    pub(crate) written_before: u64,
    /// Lines that aren't votes, of the whole file.
    pub(crate) refused: u64,
    /// Where those are told, where there are any.
    pub(crate) errors: Option<String>,
    /// Votes of the import that registers have counted.
    pub(crate) counted: u64,
    /// From its first line to its last vote counted.
    pub(crate) seconds: f64,
}

/// The same for people.
#[derive(Template)]
#[template(path = "import_report.html")]
struct Page<'a> {
    report: &'a ImportReport,
    verdict: String,
}

impl ImportReport {
    /// Whether each line was a vote, and counts.
    pub(crate) fn passed(&self) -> bool {
        self.agrees() && self.refused == 0
    }

    /// Writes it to `stem.html` and `stem.json`.
    pub(crate) fn write(&self, stem: &Path) -> Result<()> {
        let page = Page { report: self, verdict: self.verdict() }.render()?;
        for (extension, text) in [("html", page), ("json", serde_json::to_string_pretty(self)?)] {
            let mut path = stem.as_os_str().to_owned();
            path.push(format!(".{extension}"));
            let path = PathBuf::from(path);
            fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
        }
        Ok(())
    }

    fn votes(&self) -> u64 {
        self.written + self.written_before
    }

    fn agrees(&self) -> bool {
        self.counted == self.votes()
    }

    /// The verdict in a sentence.
    fn verdict(&self) -> String {
        let (counted, votes) = (self.counted, self.votes());
        if counted < votes {
            return format!(
                "{} VOTES ARE NOT COUNTED: parked, still in the topic, or lost. Production's page says which",
                votes - counted
            );
        }
        if counted > votes {
            return format!("{} VOTES TOO MANY WERE COUNTED", counted - votes);
        }
        format!("written = counted: {counted} votes")
    }
}

impl Display for ImportReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { written, written_before, refused, seconds, .. } = self;
        writeln!(f, "{written} votes written and {written_before} before, {refused} lines refused, in {seconds:.1} s")?;
        if let Some(errors) = &self.errors {
            writeln!(f, "which lines were refused, and why: {errors}")?;
        }
        writeln!(f, "{}", self.verdict())
    }
}
