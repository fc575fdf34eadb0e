//! What an import shows: on the terminal, as a page, and for programs.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::ErrorKind;
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
    /// Votes of the import that registers have counted; nothing when production didn't say.
    pub(crate) counted: Option<u64>,
    /// From the run's beginning to when the count last changed; where production didn't say, to when it was asked no more.
    pub(crate) seconds: f64,
}

/// The same for people.
#[derive(Template)]
#[template(path = "import_report.html")]
struct Page<'a> {
    report: &'a ImportReport,
}

/// The same for programs.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a ImportReport,
    agrees: bool,
    passed: bool,
}

impl ImportReport {
    /// Whether each line was a vote, and counts.
    pub(crate) fn passed(&self) -> bool {
        self.agrees() && self.refused == 0
    }

    /// Writes it to `stem.html` and `stem.json`.
    pub(crate) fn write(&self, stem: &Path) -> Result<()> {
        let document = Document { report: self, agrees: self.agrees(), passed: self.passed() };
        let texts = [Page { report: self }.render()?, serde_json::to_string_pretty(&document)?];
        for (path, text) in files(stem).iter().zip(texts) {
            fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
        }
        Ok(())
    }

    /// Removes what was written to `stem` before.
    pub(crate) fn remove(stem: &Path) -> Result<()> {
        for path in files(stem) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("can't remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn votes(&self) -> u64 {
        self.written + self.written_before
    }

    /// Whether each vote that was written is known to count, once.
    fn agrees(&self) -> bool {
        self.counted == Some(self.votes())
    }

    /// How what was counted compares with what was written, in a sentence.
    fn verdict(&self) -> String {
        let votes = self.votes();
        match self.counted {
            None => format!(
                "HOW MANY VOTES ARE COUNTED IS NOT KNOWN: {} written, and production didn't say. The same command asks again",
                number(votes, "vote")
            ),
            Some(counted) if counted < votes => format!(
                "{} OF {votes} NOT COUNTED: parked, still in the topic, or lost. Production's page says which; \
                 the same command looks again",
                number(votes - counted, "VOTE")
            ),
            Some(counted) if counted > votes => {
                format!("{} TOO MANY COUNTED: the file has only {votes}", number(counted - votes, "VOTE"))
            }
            Some(_) => format!("written = counted: {}", number(votes, "vote")),
        }
    }

    /// What else there is to say: how many lines were refused, and where it stands which and why.
    fn refusal(&self) -> Option<String> {
        let were = if self.refused == 1 { "was" } else { "were" };
        let errors = self.errors.as_ref()?;
        Some(format!("{} {were} refused: see {errors}", number(self.refused, "line")))
    }
}

/// Where the page lies, and where the JSON.
fn files(stem: &Path) -> [PathBuf; 2] {
    ["html", "json"].map(|extension| {
        let mut path = stem.as_os_str().to_owned();
        path.push(format!(".{extension}"));
        path.into()
    })
}

fn number(of: u64, what: &str) -> String {
    let plural = match (of, what) {
        (1, _) => "",
        (_, "VOTE") => "S",
        _ => "s",
    };
    format!("{of} {what}{plural}")
}

impl Display for ImportReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { written, written_before, refused, seconds, .. } = self;
        writeln!(f, "{written} votes written and {written_before} before, {refused} lines refused, in {seconds:.1} s")?;
        write!(f, "{}", self.verdict())?;
        if let Some(refusal) = self.refusal() {
            write!(f, "; {refusal}")?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(counted: Option<u64>, refused: u64) -> ImportReport {
        ImportReport {
            import: 1,
            file: "votes.jsonl".to_owned(),
            written: 3,
            written_before: 2,
            refused,
            errors: (refused > 0).then(|| "votes.jsonl.import-1.errors".to_owned()),
            counted,
            seconds: 4.0,
        }
    }

    #[test]
    fn a_verdict_says_what_is_wrong() {
        for (counted, refused, passed, text) in [
            (Some(5), 0, true, "written = counted: 5 votes\n"),
            (Some(5), 1, false, "written = counted: 5 votes; 1 line was refused: see votes.jsonl.import-1.errors\n"),
            (Some(5), 2, false, "written = counted: 5 votes; 2 lines were refused: see votes.jsonl.import-1.errors\n"),
            (Some(4), 0, false, "1 VOTE OF 5 NOT COUNTED: "),
            (Some(4), 2, false, "; 2 lines were refused"),
            (Some(7), 0, false, "2 VOTES TOO MANY COUNTED"),
            (None, 0, false, "HOW MANY VOTES ARE COUNTED IS NOT KNOWN: 5 votes written"),
        ] {
            let report = report(counted, refused);
            assert_eq!(report.passed(), passed, "{report}");
            assert!(report.to_string().contains(text), "{report}");
        }
    }

    #[test]
    fn what_is_left_is_this_runs_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join("votes.report");
        for (counted, refused, shown) in [
            (Some(5), 2, json!({"counted": 5, "agrees": true, "passed": false})),
            (Some(5), 0, json!({"counted": 5, "agrees": true, "passed": true})),
            (None, 0, json!({"counted": null, "agrees": false, "passed": false})),
        ] {
            let report = report(counted, refused);
            report.write(&stem).unwrap();
            let [page, document] = files(&stem).map(|path| fs::read_to_string(path).unwrap());
            let document: Value = serde_json::from_str(&document).unwrap();
            for (member, value) in shown.as_object().unwrap() {
                assert_eq!(&document[member], value, "{member} of {document}");
            }
            assert_eq!(page.contains("verdict wrong"), !report.passed(), "{page}");
            assert_eq!(page.contains("2 lines were refused: see votes.jsonl.import-1.errors"), refused == 2, "{page}");
        }
        ImportReport::remove(&stem).unwrap();
        ImportReport::remove(&stem).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
