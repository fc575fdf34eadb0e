//! Where the latest snapshot lies, and how to wait for the next.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::Snapshot;

/// The latest snapshot. Reading it waits for nobody; whoever follows paredões is woken when one looks different.
#[derive(Debug, Default)]
pub struct SnapshotStore {
    latest: ArcSwapOption<Snapshot>,
    changes: watch::Sender<()>,
}

impl SnapshotStore {
    /// The latest snapshot; `None` until there is one.
    pub fn load(&self) -> Option<Arc<Snapshot>> {
        self.latest.load_full()
    }

    /// Tells of changes from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Puts `snapshot` in the place of the last.
    pub(super) fn put(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        let last = self.latest.swap(Some(Arc::clone(&snapshot)));
        if last.is_none_or(|last| !last.looks_like(&snapshot)) {
            self.changes.send_replace(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_of_the_first_snapshot_and_not_of_one_that_looks_the_same() {
        let store = SnapshotStore::default();
        let mut changes = store.changes();
        store.put(Snapshot::default());
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        store.put(Snapshot::default());
        assert!(!changes.has_changed().unwrap());
    }
}
