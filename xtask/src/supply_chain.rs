//! The supply chain: whether each dependency may be one, and a list of all that a service is made of.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::{folder, run, tools};

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
    let mut deny = Command::new(tools::cargo("cargo-deny", "0.20.2")?);
    run::run(
        deny.args(["--all-features", "check", "--hide-inclusion-graph"]).args(what).current_dir(folder::workspace()),
    )
}

/// Writes what each service is made of, in CycloneDX, to `target/sbom`.
pub(crate) fn sbom() -> Result<()> {
    let sbom = tools::cargo("cargo-sbom", "0.10.0")?;
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
