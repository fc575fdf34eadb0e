//! The supply chain: whether each dependency may be one, and a list of all that a service is made of.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::{folder, run, say};

/// A program of Cargo's that is built from crates.io, below `.dev`.
struct Tool {
    name: &'static str,
    version: &'static str,
}

const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
const SBOM: Tool = Tool { name: "cargo-sbom", version: "0.10.0" };
const SERVICES: [&str; 4] = ["voters-frontend", "votes-register", "votes-aggregator", "production-frontend"];

/// What is asked of the dependencies.
#[derive(Args)]
pub(crate) struct DenyArguments {
    /// Ask instead whether any is known to be vulnerable: that list is on GitHub
    #[arg(long)]
    advisories: bool,
}

/// Checks the dependencies against `deny.toml`.
pub(crate) fn deny(arguments: &DenyArguments) -> Result<()> {
    if arguments.advisories { check(&["advisories"]) } else { check_offline() }
}

/// Their licences, sources and versions: what takes no list from elsewhere.
pub(crate) fn check_offline() -> Result<()> {
    check(&["licenses", "bans", "sources"])
}

fn check(what: &[&str]) -> Result<()> {
    let mut deny = Command::new(DENY.install()?);
    run::run(
        deny.args(["--all-features", "check", "--hide-inclusion-graph"]).args(what).current_dir(folder::workspace()),
    )
}

/// Writes what each service is made of, in CycloneDX, to `target/sbom`.
pub(crate) fn sbom() -> Result<()> {
    let sbom = SBOM.install()?;
    let home = folder::workspace().join("target/sbom");
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    for service in SERVICES {
        let mut command = Command::new(&sbom);
        command.args(["--output-format", "cyclone_dx_json_1_6", "--cargo-package", service]);
        let written = run::output_of(command.current_dir(folder::workspace()))?;
        let path = home.join(format!("{service}.cdx.json"));
        fs::write(&path, written).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

impl Tool {
    /// Its program; built when this version isn't there yet.
    fn install(&self) -> Result<PathBuf> {
        let home = folder::dev().join("tools").join(format!("{}-{}", self.name, self.version));
        let program = home.join("bin").join(self.name);
        if !program.exists() {
            say::step(&format!("building {} {}", self.name, self.version), || {
                fs::create_dir_all(&home)?;
                let mut install = run::cargo(&["install", "--quiet", "--locked", "--no-track", "--root"]);
                install.arg(&home).args([self.name, "--version", self.version]);
                // It is compiled for longer than it ever runs.
                run::run(install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"))
            })?;
        }
        Ok(program)
    }
}
