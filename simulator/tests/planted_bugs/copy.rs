//! A copy of the simulator and of the pure halves of what it runs. Without adapters it is built in seconds, and that it
//! can be built shows that pure code needs none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bugs::Edit;

const MEMBERS: [&str; 3] = ["voting-commons", "votes-register", "simulator"];
/// What of each crate isn't pure, or isn't needed.
const LEFT_OUT: [&str; 15] = [
    "voting-commons/src/adapters",
    "votes-register/src/commands",
    "votes-register/src/consumer.rs",
    "votes-register/src/control",
    "votes-register/src/log_index.rs",
    "votes-register/src/log_reader.rs",
    "votes-register/src/main.rs",
    "votes-register/src/metrics.rs",
    "votes-register/src/options.rs",
    "votes-register/src/origins.rs",
    "votes-register/src/parked",
    "votes-register/src/partition_queue.rs",
    "votes-register/src/recount",
    "votes-register/src/shell.rs",
    "votes-register/src/store",
];

/// The copy.
pub(crate) struct Copy {
    folder: PathBuf,
    /// What belongs into each file.
    files: BTreeMap<PathBuf, String>,
}

impl Copy {
    pub(crate) fn of_the_workspace() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted-bugs");
        let mut files = BTreeMap::new();
        for member in MEMBERS {
            let mut sources = BTreeMap::new();
            collect(workspace, &Path::new(member).join("src"), &mut sources);
            if let Some(lib) = sources.get_mut(&Path::new(member).join("src/lib.rs")) {
                *lib = without_missing_modules(member, lib);
            }
            let manifest = fs::read_to_string(workspace.join(member).join("Cargo.toml")).unwrap();
            files.insert(Path::new(member).join("Cargo.toml"), with_needed_dependencies(&manifest, &sources));
            files.append(&mut sources);
        }
        let manifest = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
        files.insert("Cargo.toml".into(), with_members(&manifest));
        files.insert("Cargo.lock".into(), fs::read_to_string(workspace.join("Cargo.lock")).unwrap());
        Self { folder, files }
    }

    /// Runs so many seeds with `edits` made; what the simulator says.
    pub(crate) fn simulate(&self, edits: &[Edit], seeds: &str) -> String {
        let mut files = self.files.clone();
        for edit in edits {
            let text = files.get_mut(Path::new(edit.file)).unwrap();
            let times = text.matches(edit.find).count();
            assert_eq!(times, 1, "in {} this must stand once: {}", edit.file, edit.find);
            *text = text.replacen(edit.find, edit.replace, 1);
        }
        for (file, text) in &files {
            self.write(file, text);
        }
        let target = self.folder.join("target");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--offline", "--package", "simulator"])
            // A bug shows within a few seeds: compiling fast saves more than running fast.
            .args(["--config", "profile.dev.debug=false", "--config", "profile.dev.package.\"*\".opt-level=0"])
            .args(MEMBERS.map(|member| format!("--config=profile.dev.package.{member}.opt-level=0")))
            .env("CARGO_INCREMENTAL", "1")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &target)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let run = Command::new(target.join("debug/simulator")).args(["--seeds", seeds]).output().unwrap();
        String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr)
    }

    /// Leaves a file alone that is right already, so that only what changed is compiled.
    fn write(&self, file: &Path, text: &str) {
        let path = self.folder.join(file);
        // Cargo shortens the lock file to what the copy needs; it is as good as the long one.
        let is_right = fs::read_to_string(&path).is_ok_and(|there| there == text || file.ends_with("Cargo.lock"));
        if !is_right {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

fn collect(workspace: &Path, folder: &Path, sources: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(workspace.join(folder)).unwrap() {
        let file = folder.join(entry.unwrap().file_name());
        if LEFT_OUT.iter().any(|left_out| file == Path::new(left_out)) {
            continue;
        }
        if workspace.join(&file).is_dir() {
            collect(workspace, &file, sources);
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(workspace.join(&file)).unwrap();
            sources.insert(file, text);
        }
    }
}

/// Drops the modules that were left out, and what is made public of them.
fn without_missing_modules(member: &str, lib: &str) -> String {
    let names = LEFT_OUT.iter().filter_map(|path| path.strip_prefix(member)?.strip_prefix("/src/"));
    let names: Vec<&str> = names.map(|name| name.trim_end_matches(".rs")).collect();
    let is_missing = |line: &str| {
        let line = line.trim_start_matches("pub ");
        names.iter().any(|name| line == format!("mod {name};") || line.starts_with(&format!("use {name}::")))
    };
    lib.lines().filter(|line| !is_missing(line)).fold(String::new(), |text, line| text + line + "\n")
}

/// Keeps the dependencies that the sources name.
fn with_needed_dependencies(manifest: &str, sources: &BTreeMap<PathBuf, String>) -> String {
    let mut section = "";
    let mut kept = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_kept = match (section, line.split_once('.')) {
            ("[dev-dependencies]" | "[[bench]]", _) => false,
            ("[dependencies]", Some((name, _))) => {
                let path = format!("{}::", name.replace('-', "_"));
                sources.values().any(|text| text.contains(&path))
            }
            _ => true,
        };
        if is_kept {
            kept += line;
            kept += "\n";
        }
    }
    kept
}

fn with_members(manifest: &str) -> String {
    let (before, rest) = manifest.split_once("members = [").unwrap();
    let (_, after) = rest.split_once(']').unwrap();
    let members: String = MEMBERS.iter().map(|member| format!("\"{member}\", ")).collect();
    format!("{before}members = [{members}]{after}")
}
