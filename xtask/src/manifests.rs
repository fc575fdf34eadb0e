//! Checks what is deployed, offline: the manifests, the image, what `docker compose` starts, rules and dashboards.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::validators::{CHECKS, Validators};
use crate::{folder, run, say};

/// What people apply, and the base of it.
const RENDERED: [&str; 4] = ["base", "overlays/local", "overlays/prod", "overlays/prod-hcaptcha"];

/// Runs all checks, and first the proof that they find what is wrong.
pub(crate) fn check() -> Result<()> {
    let validators = Validators::install()?;
    let checks = folder::workspace().join(CHECKS);
    let python = |arguments: &[&str]| {
        let mut command = Command::new(validators.program("python"));
        command.args(arguments).current_dir(&checks);
        command.env("GO", validators.program("go")).env("KUSTOMIZE", &validators.kustomize);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        run::run(&mut command)
    };
    say::step("planted mistakes are found", || python(&["-m", "unittest"]))?;
    say::step("schemas and policies", || python(&["check.py"]))?;
    say::step("checkov and hadolint", || images(&validators, &checks))?;
    say::step("promtool", || rules(&validators.promtool))
}

/// What general policy checkers say of pods and of the image.
fn images(validators: &Validators, checks: &Path) -> Result<()> {
    let dockerfile = folder::workspace().join("Dockerfile");
    run::run(Command::new(validators.program("hadolint")).arg(&dockerfile))?;
    let rendered = folder::dev().join("manifests");
    fs::create_dir_all(&rendered)?;
    // Without --skip-download it asks its makers' server at each start.
    let mut checkov = Command::new(validators.program("checkov"));
    checkov.args(["--skip-download", "--compact", "--quiet", "--framework", "kubernetes", "dockerfile"]);
    checkov.arg("--config-file").arg(checks.join("checkov.yaml")).arg("--file").arg(dockerfile);
    for overlay in RENDERED {
        let file = rendered.join(overlay.replace('/', "-")).with_extension("yaml");
        let source = folder::workspace().join("k8s").join(overlay);
        run::run(Command::new(&validators.kustomize).arg("build").arg(source).arg("--output").arg(&file))?;
        checkov.arg("--file").arg(file);
    }
    run::run(&mut checkov)
}

/// Rules are well formed, and each alert fires when it should.
fn rules(promtool: &Path) -> Result<()> {
    let monitoring = folder::workspace().join("k8s/components/monitoring");
    let promtool = |arguments: &[&str]| run::run(Command::new(promtool).args(arguments).current_dir(&monitoring));
    promtool(&["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"])?;
    promtool(&["test", "rules", "rules_test.yaml"])
}
