//! The programs that check what is deployed, each installed below `.dev` when its version has changed since the last time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{folder, provision, run, say};

/// The manifests' own checks, and what they need from PyPI.
pub(crate) const CHECKS: &str = "k8s/checks";
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
        let python = python()?;
        let kustomize = kustomize(&python.join("bin/go"))?;
        Ok(Self { python, kustomize, promtool: promtool()? })
    }

    /// A program of the Python environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.python.join("bin").join(name)
    }
}

fn python() -> Result<PathBuf> {
    let home = folder::dev().join("python");
    let wanted = folder::workspace().join(CHECKS).join("requirements.txt");
    let installed = home.join("requirements.txt");
    if fs::read(&installed).is_ok_and(|installed| fs::read(&wanted).is_ok_and(|wanted| installed == wanted)) {
        return Ok(home);
    }
    say::step("installing the validators from PyPI", || {
        folder::remove(&home)?;
        run::run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        run::run(Command::new(home.join("bin/pip")).args(["install", "--quiet", "--requirement"]).arg(&wanted))?;
        // Only now: an installation that broke off is begun anew.
        fs::copy(&wanted, &installed)?;
        Ok(())
    })?;
    Ok(home)
}

fn kustomize(go: &Path) -> Result<PathBuf> {
    let home = folder::dev().join("kustomize").join(KUSTOMIZE_VERSION);
    let program = home.join("kustomize");
    if !program.exists() {
        say::step("building kustomize with Go", || {
            fs::create_dir_all(&home)?;
            let module = format!("sigs.k8s.io/kustomize/kustomize/v5@{KUSTOMIZE_VERSION}");
            run::run(Command::new(go).args(["install", &module]).env("GOBIN", &home))
        })?;
    }
    Ok(program)
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
