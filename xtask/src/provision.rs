//! What the system must have: installed where we know how, named where we don't.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use dev_stack::{kafka, postgres};
use nix::unistd::geteuid;

use crate::{run, say};

/// Something the system must have.
struct Need {
    /// For people.
    name: &'static str,
    /// Debian's and Ubuntu's package, the first of these that exists there.
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

const BACKENDS: &[Need] = &[
    Need { name: "a PostgreSQL server", packages: &["postgresql"], is_there: || postgres::program("postgres").is_ok() },
    Need {
        name: "a Java runtime, 17 or newer",
        packages: &["openjdk-17-jre-headless", "openjdk-21-jre-headless", "default-jre-headless"],
        is_there: || java_version().is_some_and(|version| version >= 17),
    },
    Need { name: "Maven", packages: &["maven"], is_there: || runs("mvn") },
];

const BUILD: &[Need] = &[
    Need { name: "a C compiler", packages: &["gcc"], is_there: || runs("gcc") },
    Need { name: "a C++ compiler", packages: &["g++"], is_there: || runs("g++") },
    Need { name: "make", packages: &["make"], is_there: || runs("make") },
    Need { name: "pkg-config", packages: &["pkg-config"], is_there: || runs("pkg-config") },
    Need { name: "OpenSSL's headers", packages: &["libssl-dev"], is_there: || has_library("openssl") },
];

const TESTS: &[Need] = &[
    Need {
        name: "Chromium",
        packages: &["chromium", "chromium-browser"],
        is_there: || runs("chromium") || runs("chromium-browser"),
    },
    Need { name: "Node.js", packages: &["nodejs"], is_there: || runs("node") },
    Need { name: "npm", packages: &["npm"], is_there: || runs("npm") },
];

const MANIFESTS: &[Need] =
    &[Need { name: "Python's venv", packages: &["python3-venv"], is_there: || has_python_module("ensurepip") }];

const CHAOS: &[Need] = &[Need {
    name: "Go, 1.19 or newer",
    packages: &["golang-go"],
    is_there: || go_version().is_some_and(|version| version >= 19),
}];

/// What Kafka and Postgres need.
pub(crate) fn for_backends() -> Result<()> {
    provide(&[BACKENDS])
}

/// What it takes to build and run the services.
pub(crate) fn for_up() -> Result<()> {
    provide(&[BACKENDS, BUILD])
}

/// What it takes to break the whole system on purpose.
pub(crate) fn for_chaos() -> Result<()> {
    provide(&[BACKENDS, BUILD, CHAOS])
}

/// What it takes to test, in a browser too.
pub(crate) fn for_tests() -> Result<()> {
    provide(&[BACKENDS, BUILD, TESTS, MANIFESTS, CHAOS])
}

/// What it takes to check what is deployed.
pub(crate) fn for_manifests() -> Result<()> {
    provide(&[MANIFESTS])
}

fn provide(groups: &[&[Need]]) -> Result<()> {
    let missing = missing(groups);
    if missing.is_empty() {
        return Ok(());
    }
    if !runs("apt-get") {
        bail!("{}", advice(&missing));
    }
    say::step("updating the list of packages", || apt(&["update", "--quiet"]))?;
    let packages: Vec<_> = missing.iter().map(|need| package(need)).collect();
    say::step(&format!("installing {}", packages.join(", ")), || {
        let mut arguments = vec!["install", "--quiet", "--yes", "--no-install-recommends"];
        arguments.extend(packages);
        apt(&arguments)
    })?;
    let names = self::missing(groups).iter().map(|need| need.name).collect::<Vec<_>>();
    if !names.is_empty() {
        bail!("still missing after the installation: {}", names.join(", "));
    }
    Ok(())
}

fn missing<'a>(groups: &[&'a [Need]]) -> Vec<&'a Need> {
    groups.iter().flat_map(|group| group.iter()).filter(|need| !(need.is_there)()).collect()
}

/// Leaves the file of a package in `folder`, without installing it.
pub(crate) fn download(package: &str, folder: &Path) -> Result<()> {
    if !runs("apt-get") {
        bail!("this system has no apt-get, from which {package} would come");
    }
    let download = || run::run(Command::new("apt-get").args(["download", "--quiet", package]).current_dir(folder));
    // On a bare machine the list of packages is empty.
    download().or_else(|_| {
        apt(&["update", "--quiet"])?;
        download()
    })
}

/// What to do on a system whose packages we don't know.
fn advice(missing: &[&Need]) -> String {
    let names: Vec<_> = missing.iter().map(|need| need.name).collect();
    format!("this system has no apt-get, so please install: {}", names.join(", "))
}

fn package(need: &Need) -> &'static str {
    let exists = |package: &&&str| {
        Command::new("apt-cache")
            .args(["show", "--quiet", package])
            .output()
            .is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    };
    need.packages.iter().find(exists).unwrap_or(&need.packages[0])
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = if geteuid().is_root() {
        Command::new("env")
    } else if runs("sudo") {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    } else {
        bail!("packages are missing, and installing them takes root or sudo");
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    run::run_at_terminal(command.args(arguments))
}

/// Whether the path holds a program of this name.
fn runs(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn has_library(name: &str) -> bool {
    Command::new("pkg-config").args(["--exists", name]).status().is_ok_and(|status| status.success())
}

fn has_python_module(name: &str) -> bool {
    let import = format!("import {name}");
    Command::new("python3").args(["-c", &import]).output().is_ok_and(|output| output.status.success())
}

fn java_version() -> Option<u32> {
    // It answers on stderr: openjdk version "17.0.15" 2025-04-15
    let output = Command::new(kafka::java_program()).arg("-version").output().ok()?;
    parse_java_version(&String::from_utf8_lossy(&output.stderr))
}

fn parse_java_version(answer: &str) -> Option<u32> {
    let version = answer.split('"').nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

/// The second number of Go's version; the first is 1.
fn go_version() -> Option<u32> {
    let output = Command::new("go").arg("version").output().ok()?;
    parse_go_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_go_version(answer: &str) -> Option<u32> {
    let (_, version) = answer.split_once("go1.")?;
    version.split(['.', ' ', 'r', 'b']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_java() {
        let answer = "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime";
        assert_eq!(parse_java_version(answer), Some(17));
        assert_eq!(parse_java_version("java version \"1.8.0_392\""), Some(1));
        assert_eq!(parse_java_version("openjdk version \"25-ea\""), Some(25));
        assert_eq!(parse_java_version("The operation couldn't be completed."), None);
    }

    #[test]
    fn reads_the_version_of_go() {
        assert_eq!(parse_go_version("go version go1.19.8 linux/amd64"), Some(19));
        assert_eq!(parse_go_version("go version go1.26 linux/amd64"), Some(26));
        assert_eq!(parse_go_version("go version go1.27rc1 linux/amd64"), Some(27));
        assert_eq!(parse_go_version("command not found"), None);
    }

    #[test]
    fn says_exactly_what_to_install_elsewhere() {
        let need = &BACKENDS[1];
        assert!(advice(&[need]).contains("a Java runtime, 17 or newer"));
    }
}
