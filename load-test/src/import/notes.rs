//! What an import leaves beside its file.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::vote::Import;
use crate::options::ImportArgs;

/// The file beside the imported one that has `what` in it.
pub(super) fn beside(args: &ImportArgs, what: &str) -> PathBuf {
    let mut name = args.file.clone().into_os_string();
    name.push(format!(".import-{}.{what}", args.import));
    name.into()
}

/// How far the import is, and what it refused.
pub(super) struct Notes {
    progress: PathBuf,
    /// How many lines an earlier run wrote, acknowledged, and when the import was registered that they are of.
    earlier: Option<(u64, Timestamp)>,
    /// Lines that aren't votes, each with its number and why.
    pub(super) errors: PathBuf,
    refused: BufWriter<File>,
}

impl Notes {
    /// Those of an earlier run, which are as they were until this one begins.
    pub(super) fn open(args: &ImportArgs) -> Result<Self> {
        let (progress, errors) = (beside(args, "progress"), beside(args, "errors"));
        let earlier = noted(&progress)?;
        let refused = File::options().write(true).create(true).truncate(false).open(&errors);
        let refused = BufWriter::new(refused.with_context(|| cannot_write(&errors))?);
        Ok(Self { progress, earlier, errors, refused })
    }

    /// How many lines are done. 0 when the note is of an import of another deployment: to begin anew costs nothing but time.
    pub(super) fn lines_done(&self, import: &Import) -> u64 {
        self.earlier.filter(|(_, registered_at)| *registered_at == import.registered_at).map_or(0, |(lines, _)| lines)
    }

    /// Forgets what an earlier run refused: each run looks at each line.
    pub(super) fn begin(&mut self) -> Result<()> {
        let file = self.refused.get_mut();
        file.set_len(0).and_then(|()| file.rewind()).with_context(|| cannot_write(&self.errors))
    }

    /// Writes down that a line isn't a vote.
    pub(super) fn refuse(&mut self, line: u64, reason: &str) -> Result<()> {
        writeln!(self.refused, "{line}\t{reason}").with_context(|| cannot_write(&self.errors))
    }

    /// Writes down that so many lines are done. Replaces the note whole: half a number would be another number.
    pub(super) fn note(&mut self, import: &Import, lines: u64) -> Result<()> {
        self.refused.flush().with_context(|| cannot_write(&self.errors))?;
        let new = self.progress.with_extension("new");
        fs::write(&new, format!("{lines} {}", import.registered_at)).with_context(|| cannot_write(&new))?;
        fs::rename(&new, &self.progress).with_context(|| cannot_write(&self.progress))
    }
}

fn noted(progress: &Path) -> Result<Option<(u64, Timestamp)>> {
    let text = match fs::read_to_string(progress) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("can't read {}", progress.display())),
    };
    let noted = text.trim().split_once(' ').and_then(|(lines, registered_at)| {
        Some((lines.parse::<u64>().ok()?, registered_at.parse::<Timestamp>().ok()?))
    });
    noted.map(Some).with_context(|| format!("{} isn't what this program writes", progress.display()))
}

fn cannot_write(path: &Path) -> String {
    format!("can't write {}", path.display())
}
