//! Checks the Kubernetes manifests against Kubernetes's own schemas, offline.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, Result, bail};

use crate::{folder, run};

/// From PyPI; it brings the schemas of every Kubernetes version with it.
const VALIDATOR: &str = "kubernetes-validate==1.37.0";

/// Checks every manifest strictly: what the schema doesn't know is an error too.
pub(crate) fn check() -> Result<()> {
    let validator = validator()?;
    let manifests = manifests(&folder::workspace().join("k8s"))?;
    if manifests.is_empty() {
        bail!("k8s holds no manifests");
    }
    run::run(Command::new(validator).args(["--strict", "--quiet"]).args(manifests))
}

/// The validator's program, installed into a Python environment of its own when it isn't there yet.
fn validator() -> Result<PathBuf> {
    let home = folder::dev().join("python");
    let program = home.join("bin/kubernetes-validate");
    if !program.exists() {
        run::run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        run::run(Command::new(home.join("bin/pip")).args(["install", "--quiet", VALIDATOR]))?;
    }
    Ok(program)
}

fn manifests(k8s: &Path) -> Result<Vec<PathBuf>> {
    let files: io::Result<Vec<_>> = fs::read_dir(k8s).context("k8s is missing")?.map(|file| Ok(file?.path())).collect();
    let is_manifest = |path: &PathBuf| {
        // Kustomize's own file is no Kubernetes object.
        path.extension().is_some_and(|extension| extension == "yaml") && !path.ends_with("kustomization.yaml")
    };
    Ok(files?.into_iter().filter(is_manifest).collect())
}
