//! Kafka's jars, fetched by Maven from the pinned pom.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{folder, run, say};

/// The folder with Kafka's jars; fetched when the pom has changed since the last time.
pub(crate) fn fetch() -> Result<PathBuf> {
    let pom = folder::workspace().join("dev-stack/kafka/pom.xml");
    let libs = folder::dev().join("kafka/libs");
    // The pom itself is the stamp; written last, so that a fetch that was cut short is done again.
    let stamp = folder::dev().join("kafka/libs.pom.xml");
    let wanted = fs::read(&pom).with_context(|| format!("cannot read {}", pom.display()))?;
    if fs::read(&stamp).is_ok_and(|fetched| fetched == wanted) {
        return Ok(libs);
    }
    say::step("fetching Apache Kafka from Maven (about 45 MB)", || {
        if libs.exists() {
            fs::remove_dir_all(&libs)?;
        }
        let mut maven = Command::new("mvn");
        maven
            .args(["--quiet", "--batch-mode", "-Dstyle.color=never", "--file"])
            .arg(&pom)
            .arg("org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies")
            .arg(format!("-DoutputDirectory={}", libs.display()));
        run::run(&mut maven)?;
        fs::write(&stamp, wanted)?;
        Ok(())
    })?;
    Ok(libs)
}
