//! The programs that check what is deployed, each installed below `.dev` when its version has changed since the last time.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{folder, provision, run, say, tools};

/// The manifests' own checks, and what they need from PyPI.
pub(crate) const CHECKS: &str = "k8s/checks";
const KUSTOMIZE: &str = "sigs.k8s.io/kustomize/kustomize/v5";
const KUSTOMIZE_VERSION: &str = "v5.7.1";

/// All of them.
pub(crate) struct Validators {
    /// A Python environment with the schemas, the policy checker, the Dockerfile's linter, and Go.
    python: PathBuf,
    pub(crate) kustomize: PathBuf,
    pub(crate) promtool: PathBuf,
}

impl Validators {
    /// Installs what is missing.
    pub(crate) fn install() -> Result<Self> {
        let python = tools::python("python", &folder::workspace().join(CHECKS).join("requirements.txt"))?;
        let kustomize = tools::go(&python.join("bin/go"), "kustomize", KUSTOMIZE, "kustomize", KUSTOMIZE_VERSION)?;
        Ok(Self { python, kustomize, promtool: promtool()? })
    }

    /// A program of the Python environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.python.join("bin").join(name)
    }
}

/// From the package of Prometheus, which is unpacked and not installed: its installation would start a server.
fn promtool() -> Result<PathBuf> {
    let home = folder::dev().join("prometheus");
    let program = home.join("usr/bin/promtool");
    if program.exists() {
        return Ok(program);
    }
    say::step("unpacking promtool", || {
        folder::remove(&home)?;
        fs::create_dir_all(&home)?;
        provision::download("prometheus", &home)?;
        let files = fs::read_dir(&home)?.collect::<std::io::Result<Vec<_>>>()?;
        let package = files.iter().map(fs::DirEntry::path).find(|file| file.extension().is_some_and(|e| e == "deb"));
        let package = package.context("apt-get left no package")?;
        run::run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&home))
    })?;
    if !program.exists() {
        bail!("the package of Prometheus holds no promtool");
    }
    Ok(program)
}
