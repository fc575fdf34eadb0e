//! What an import leaves beside its file.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::vote::Import;
use crate::options::ImportArgs;

/// The files beside the one that is imported.
pub(super) struct Notes {
    /// How many lines are written and acknowledged, and when the import was registered.
    pub(super) progress: PathBuf,
    /// Lines that aren't votes, each with its number and why.
    pub(super) errors: PathBuf,
    /// The report, but for what makes its name that of a page or of JSON.
    pub(super) report: PathBuf,
}

impl Notes {
    pub(super) fn beside(args: &ImportArgs) -> Self {
        let beside = |what: &str| {
            let mut name = args.file.clone().into_os_string();
            name.push(format!(".import-{}.{what}", args.import));
            PathBuf::from(name)
        };
        Self { progress: beside("progress"), errors: beside("errors"), report: beside("report") }
    }

    /// None when the notes are of an import of another deployment: to begin anew costs nothing but time.
    pub(super) fn lines_done(&self, import: &Import) -> Result<u64> {
        match fs::read_to_string(&self.progress) {
            Ok(text) => {
                let unreadable = || format!("{} isn't what this program writes", self.progress.display());
                let (lines, registered_at) = text.trim().split_once(' ').with_context(unreadable)?;
                let is_this = registered_at.parse().is_ok_and(|at: Timestamp| at == import.registered_at);
                Ok(if is_this { lines.parse().with_context(unreadable)? } else { 0 })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).with_context(|| format!("can't read {}", self.progress.display())),
        }
    }

    /// Replaces the note whole: half a number would be another number.
    pub(super) fn note(&self, import: &Import, lines: u64) -> Result<()> {
        let new = self.progress.with_extension("new");
        fs::write(&new, format!("{lines} {}", import.registered_at))?;
        Ok(fs::rename(&new, &self.progress)?)
    }
}
