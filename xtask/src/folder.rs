//! Where things are: everything the tasks leave behind is below `.dev/`.

use std::env;
use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use dev_stack::postgres;
use nix::unistd::geteuid;

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    // Cargo tells it to what it runs, and it's the workspace that moved, not the one this was compiled in.
    let xtask = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map(Path::to_owned).unwrap_or(xtask)
}

/// The folder that holds all state.
pub(crate) fn dev() -> PathBuf {
    workspace().join(".dev")
}

/// The state of a stack in which everybody signs in.
pub(crate) fn secure() -> PathBuf {
    dev().join("secure")
}

/// A file that is there while the Kafka and the Postgres that run, or ran last, are those of [`secure`].
pub(crate) fn guarded() -> PathBuf {
    dev().join("run/secure")
}

/// Where a program that runs in the background notes its process id.
pub(crate) fn pidfile(name: &str) -> PathBuf {
    dev().join("run").join(format!("{name}.pid"))
}

/// Where a service writes its log.
pub(crate) fn log(name: &str) -> PathBuf {
    dev().join("log").join(format!("{name}.log"))
}

/// Kafka's folder.
pub(crate) fn kafka() -> PathBuf {
    dev().join("kafka/broker")
}

/// The folder for Postgres at `wanted`, or a link there to one that its user can enter.
///
/// Postgres refuses to run as root, and a clone in root's home is closed to everybody else.
pub(crate) fn for_postgres(wanted: &Path) -> Result<PathBuf> {
    let parent = wanted.parent().unwrap_or(wanted);
    fs::create_dir_all(parent)?;
    if wanted.is_symlink() {
        return Ok(fs::canonicalize(wanted)?);
    }
    if postgres::can_live_in(parent)? {
        return Ok(wanted.to_owned());
    }
    let mut hasher = DefaultHasher::new();
    wanted.hash(&mut hasher);
    let elsewhere = PathBuf::from(format!("/var/tmp/voting-postgres-{:016x}", hasher.finish()));
    if let Ok(left) = elsewhere.symlink_metadata() {
        if left.uid() != geteuid().as_raw() {
            bail!("{} belongs to somebody else", elsewhere.display());
        }
        // Nothing points there any more: `.dev` was removed by hand, and with it what belonged to this data.
        fs::remove_dir_all(&elsewhere)?;
    }
    DirBuilder::new().mode(0o711).create(&elsewhere)?;
    symlink(&elsewhere, wanted).with_context(|| format!("cannot write {}", wanted.display()))?;
    Ok(elsewhere)
}

/// Removes a folder and, if Postgres had to live elsewhere, that place too.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    let postgres = folder.join("postgres");
    if postgres.is_symlink()
        && let Ok(elsewhere) = fs::canonicalize(&postgres)
    {
        fs::remove_dir_all(elsewhere)?;
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Where cargo puts the programs it builds: beside the one that runs now.
pub(crate) fn programs(release: bool) -> Result<PathBuf> {
    let ours = env::current_exe()?;
    let target = ours.ancestors().nth(2).context("xtask runs outside cargo's target folder")?;
    Ok(target.join(if release { "release" } else { "debug" }))
}
