//! The kinds of faults, and which of them a seed met.

/// Declares the faults with what the report calls them.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A fault that a seed can meet. It counts where it took effect, not where it was drawn.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $name,)*
        }

        impl Fault {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What the report calls it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

faults! {
    /// A process ended while it waited for a claim.
    CrashClaiming = "crash while claiming",
    /// A process ended before its set of ballots was complete.
    CrashRebuilding = "crash while rebuilding the ballot set",
    /// A process ended with a partition that it counted, and no flush under way.
    CrashCounting = "crash while counting",
    /// A process ended with a flush under way.
    CrashFlushing = "crash with a flush under way",
    /// A process ended when it didn't know whether its flush was written.
    CrashUnsure = "crash while reading the cursor",
    /// Partitions went from one living register to another.
    Rebalance = "rebalance",
    /// An owner that was taken for dead kept on beside the new one.
    TwoOwners = "two owners at once",
    /// A frozen owner woke up after another had been given its partitions.
    FrozenOwner = "frozen owner wakes up",
    /// A rebalance callback gave up waiting.
    AssignmentTimeout = "assignment given up",
    /// A register was told to stop, and drained.
    Stopped = "register stopped with votes held",
    /// A flush was written and its answer lost.
    AmbiguousWritten = "answer lost, flush written",
    /// A flush was lost, and so was its answer.
    AmbiguousUnwritten = "answer lost, flush lost",
    /// A flush was taken for lost and written later.
    LateCommit = "flush written after it was given up",
    /// A claim was made and its answer lost.
    ClaimAnswerLost = "answer lost, claim made",
    /// A flush was turned away by the fence.
    Fenced = "flush fenced",
    /// The store was away.
    StoreOutage = "store outage",
    /// The store took its time.
    SlowStore = "slow store",
    /// The log couldn't be asked.
    LogOutage = "log can't be asked",
    /// The store refused a record's data each time.
    RefusedData = "data refused for good",
    /// The store refused a batch's data now and then.
    RefusedForAWhile = "data refused for a while",
    /// A ballot came again.
    Duplicate = "duplicate retry",
    /// Copies overtook each other.
    Reordered = "reordered votes",
    /// A ballot came again in the last minute of its window.
    LateRetry = "retry in the window's last minute",
    /// A ballot came after its window.
    TooLate = "ballot after its window",
    /// A ballot came from a frontend whose clock is ahead.
    FromFuture = "ballot from the future",
    /// A ballot came again after its key's partition had changed.
    Repartitioned = "retry after partitions were added",
    /// Partitions were added.
    PartitionsAdded = "partition count changed",
    /// A stamp lay before one that was given earlier.
    ClockWentBack = "leader's clock behind the last one's",
    /// A register halted because a leader's clock was far ahead.
    ClockLeap = "leader's clock leaps",
    /// The leader of a partition changed.
    LeaderChange = "leader change",
    /// A record that is no vote.
    Garbage = "record that isn't a vote",
    /// Lines of an import came, which no claim knew of yet.
    Import = "import",
    /// An import was begun again.
    ImportRepeated = "import begun again",
    /// A line came of an import that nobody registered.
    ImportUnknown = "import that nobody registered",
    /// Retention removed every record whose ballot can't be retried any more.
    Trimmed = "retention up to the window",
    /// The paredão was closed by hand.
    Closed = "closed by hand",
    /// The set of ballots was full.
    BallotSetFull = "ballot set full",
}

/// Which faults a seed met.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fired(u64);

impl Fired {
    /// Notes that `fault` took effect.
    pub fn note(&mut self, fault: Fault) {
        self.0 |= 1 << fault as u32;
    }

    /// Whether `fault` took effect.
    pub fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }
}

const _: () = assert!(Fault::ALL.len() <= 64, "a set of faults is 64 bits wide");
