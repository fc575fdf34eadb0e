//! The simulator finds the bugs that it is there to find: each is planted in a copy of the sources, never in the code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bugs;
mod copy;

use crate::bugs::BUGS;
use crate::copy::Copy;

/// Within how many seeds a bug must be found.
const SEEDS: &str = "2000";

#[test]
fn every_planted_bug_is_found_and_nothing_without_one() {
    let copy = Copy::of_the_workspace();
    let sound = copy.simulate(&[], SEEDS);
    assert!(sound.contains("every promise held"), "without a bug:\n{sound}");
    for bug in BUGS {
        let report = copy.simulate(bug.edits, SEEDS);
        let found = report.lines().find(|line| line.contains(" is broken: "));
        let found = found.unwrap_or_else(|| panic!("{} wasn't found:\n{report}", bug.name));
        println!("{}: {found}", bug.name);
    }
}
