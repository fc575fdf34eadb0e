//! The bugs: what each changes in the sources.

/// A change of one place in one file.
pub(crate) struct Edit {
    /// From the workspace's folder on.
    pub(crate) file: &'static str,
    /// Stands there exactly once.
    pub(crate) find: &'static str,
    pub(crate) replace: &'static str,
}

/// A bug.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    pub(crate) edits: &'static [Edit],
}

const STORE: &str = "simulator/src/store.rs";
const PARTITION: &str = "votes-register/src/core/partition.rs";
const BALLOTS: &str = "votes-register/src/core/ballots.rs";
const WINDOW: &str = "voting-commons/src/window.rs";

pub(crate) const BUGS: &[Bug] = &[
    Bug {
        name: "no expected-offset check",
        edits: &[Edit {
            file: STORE,
            find: "let stands_where_expected = rows.cursor.at.next_offset == batch.from_offset;",
            replace: "let stands_where_expected = true;",
        }],
    },
    Bug {
        name: "no epoch check",
        edits: &[Edit {
            file: STORE,
            find: "let is_the_owners = rows.cursor.epoch == epoch;",
            replace: "let is_the_owners = true | (epoch > 0);",
        }],
    },
    Bug {
        name: "no rebuild of the ballot set",
        edits: &[Edit {
            file: PARTITION,
            find: "            self.seen.insert(vote.group.minute, vote.ballot, (!is_parked).then_some(record.offset));",
            replace: "            let _ = is_parked;",
        }],
    },
    Bug {
        name: "the window one minute short",
        edits: &[Edit {
            file: WINDOW,
            find: "= BALLOT_LIFE_MILLIS + DELIVERY_TIMEOUT_MILLIS + CLOCK_SKEW_MILLIS;",
            replace: "= BALLOT_LIFE_MILLIS + DELIVERY_TIMEOUT_MILLIS + CLOCK_SKEW_MILLIS - 60_000;",
        }],
    },
    Bug {
        name: "the window one minute short, where ballots are forgotten",
        edits: &[Edit {
            file: BALLOTS,
            find: "if !window::is_late(*minute.key(), log_clock) {",
            replace: "if !window::is_late(*minute.key(), log_clock.plus(60_000)) {",
        }],
    },
    Bug {
        name: "the window one minute short, where the ballot set is rebuilt",
        edits: &[Edit {
            file: BALLOTS,
            find: "self.minutes.values().filter_map(",
            replace: "self.minutes.values().skip(1).filter_map(",
        }],
    },
    Bug {
        name: "state kept after zero rows",
        edits: &[
            Edit {
                file: PARTITION,
                find: "    suspicion: Option<Suspicion>,\n    state: State,",
                replace: "    suspicion: Option<Suspicion>,\n    kept: BallotSet,\n    state: State,",
            },
            Edit {
                file: PARTITION,
                find: "            suspicion: None,\n            state: State::Claiming,",
                replace: "            suspicion: None,\n            kept: BallotSet::default(),\n            state: State::Claiming,",
            },
            Edit {
                file: PARTITION,
                find: "        effects.push(Effect::Fenced);\n",
                replace: "        effects.push(Effect::Fenced);\n        \
                          if let State::Counting(counting) = &mut self.state {\n            \
                          self.kept = std::mem::take(&mut counting.seen);\n        }\n",
            },
            Edit {
                file: PARTITION,
                find: "let mut seen = BallotSet::default();",
                replace: "let mut seen = std::mem::take(&mut self.kept);",
            },
        ],
    },
    Bug {
        name: "the cursor moved without its buckets",
        edits: &[Edit { file: STORE, find: "        rows.add_buckets(batch);\n", replace: "" }],
    },
    Bug {
        name: "the counts moved without the import's place",
        edits: &[Edit { file: STORE, find: "        rows.go_on_with_imports(batch);\n", replace: "" }],
    },
];
