//! `cargo xtask sqlx-prepare`: what the compiler must know of the database when there is none.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use dev_stack::postgres::{self, Postgres};
use serde_json::Value;

use crate::{folder, interrupt, provision, run, say};

/// Compiles every checked query against a fresh, migrated database, and keeps what its macros learnt in `.sqlx`.
pub(crate) fn prepare() -> Result<()> {
    provision::for_up()?;
    let draft = folder::dev().join("sqlx");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    fs::create_dir_all(&draft)?;
    let postgres = say::step("a scratch Postgres", || {
        let postgres = Postgres::temporary()?;
        migrate(&postgres)?;
        Ok(postgres)
    })?;
    let packages = packages_with_queries()?;
    say::step("compiling the queries", || {
        for package in &packages {
            package.touch()?;
        }
        let mut check = run::cargo(&["check", "--all-targets"]);
        for package in &packages {
            check.args(["--package", &package.name]);
        }
        check
            .env("DATABASE_URL", postgres.url())
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", &draft)
            // Any wrapper gives our crates artifacts of their own, so that no other cargo compiles them first, offline;
            // this one just runs what it is given.
            .env("RUSTC_WORKSPACE_WRAPPER", "env");
        run::run(&mut check)
    })?;
    let count = replace(&folder::workspace().join(".sqlx"), &draft)?;
    say::note(&format!("{count} queries kept in .sqlx"));
    Ok(())
}

/// Runs the migrations as sqlx would: by version, each in a transaction.
fn migrate(postgres: &Postgres) -> Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder::workspace().join("migrations"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".sql") && !name.ends_with(".down.sql") {
            files.push(path);
        }
    }
    files.sort();
    for file in files {
        interrupt::check()?;
        let mut psql = Command::new(postgres::program("psql")?);
        psql.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &postgres.url(), "-f"]);
        run::output_of(psql.arg(file))?;
    }
    Ok(())
}

struct Package {
    name: String,
    sources: Vec<PathBuf>,
}

impl Package {
    /// Makes cargo compile it again, though nothing has changed in it.
    fn touch(&self) -> Result<()> {
        for source in &self.sources {
            let file = File::options().append(true).open(source)?;
            file.set_modified(SystemTime::now())?;
        }
        Ok(())
    }
}

fn packages_with_queries() -> Result<Vec<Package>> {
    let metadata = run::output_of(&mut run::cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    parse_packages(&serde_json::from_str(&metadata)?)
}

/// The members of the workspace that depend on sqlx.
fn parse_packages(metadata: &Value) -> Result<Vec<Package>> {
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let uses_sqlx = |package: &&Value| {
        let mut dependencies = package["dependencies"].as_array().into_iter().flatten();
        dependencies.any(|dependency| dependency["name"] == "sqlx")
    };
    let parse = |package: &Value| {
        let targets = package["targets"].as_array().into_iter().flatten();
        let sources = targets.filter_map(|target| target["src_path"].as_str().map(PathBuf::from)).collect();
        let name = package["name"].as_str().context("cargo metadata names a package without a name")?.to_owned();
        Ok(Package { name, sources })
    };
    packages.iter().filter(uses_sqlx).map(parse).collect()
}

/// Puts the new data in the place of the old, and says how many queries there are.
fn replace(kept: &Path, draft: &Path) -> Result<usize> {
    let drafts = queries(draft)?;
    if drafts.is_empty() {
        bail!("no query was compiled, so what .sqlx holds was left as it is");
    }
    fs::create_dir_all(kept)?;
    for old in queries(kept)? {
        fs::remove_file(old)?;
    }
    for new in &drafts {
        fs::copy(new, kept.join(new.file_name().unwrap_or_default()))?;
    }
    fs::remove_dir_all(draft)?;
    Ok(drafts.len())
}

fn queries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_packages_that_use_sqlx_are_compiled() {
        let metadata = json!({"packages": [
            {"name": "store", "dependencies": [{"name": "sqlx"}], "targets": [{"src_path": "/store/src/lib.rs"}]},
            {"name": "pure", "dependencies": [{"name": "serde"}], "targets": []},
        ]});
        let packages = parse_packages(&metadata).unwrap();
        let names: Vec<_> = packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["store"]);
        assert_eq!(packages[0].sources, [PathBuf::from("/store/src/lib.rs")]);
    }

    #[test]
    fn queries_that_are_no_more_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, draft) = (folder.path().join("kept"), folder.path().join("draft"));
        fs::create_dir_all(&draft).unwrap();
        fs::create_dir_all(&kept).unwrap();
        fs::write(kept.join("query-old.json"), "{}").unwrap();
        fs::write(draft.join("query-new.json"), "{}").unwrap();

        assert_eq!(replace(&kept, &draft).unwrap(), 1);
        assert_eq!(queries(&kept).unwrap(), [kept.join("query-new.json")]);
    }

    #[test]
    fn nothing_is_dropped_when_nothing_was_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, draft) = (folder.path().join("kept"), folder.path().join("draft"));
        fs::create_dir_all(&draft).unwrap();
        fs::create_dir_all(&kept).unwrap();
        fs::write(kept.join("query-old.json"), "{}").unwrap();

        assert!(replace(&kept, &draft).is_err());
        assert_eq!(queries(&kept).unwrap(), [kept.join("query-old.json")]);
    }
}
