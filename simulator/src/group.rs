//! The consumer group: which register is given which partitions, and what each has been told of it.

use std::collections::VecDeque;

use fastrand::Rng;

/// What the group tells a register.
#[derive(Debug)]
pub(crate) enum Notice {
    Assign(Vec<i32>),
    Revoke(Vec<i32>),
    /// It was taken for dead, and others have its partitions.
    Lost,
}

/// The coordinator's view.
#[derive(Debug)]
pub(crate) struct Group {
    members: Vec<bool>,
    holders: Vec<Holder>,
    inboxes: Vec<VecDeque<Notice>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Holder {
    node: Option<usize>,
    /// It was asked to release the partition.
    asked: bool,
}

impl Group {
    pub(crate) fn new(nodes: usize, partitions: usize) -> Self {
        Self {
            members: vec![true; nodes],
            holders: vec![Holder::default(); partitions],
            inboxes: (0..nodes).map(|_| VecDeque::new()).collect(),
        }
    }

    pub(crate) fn inbox(&mut self, node: usize) -> &mut VecDeque<Notice> {
        &mut self.inboxes[node]
    }

    pub(crate) fn has_notices(&self, node: usize) -> bool {
        !self.inboxes[node].is_empty()
    }

    pub(crate) fn is_member(&self, node: usize) -> bool {
        self.members[node]
    }

    pub(crate) fn members(&self) -> usize {
        self.members.iter().filter(|member| **member).count()
    }

    pub(crate) fn holds_any(&self, node: usize) -> bool {
        self.holders.iter().any(|holder| holder.node == Some(node))
    }

    pub(crate) fn add_partition(&mut self) {
        self.holders.push(Holder::default());
    }

    pub(crate) fn join(&mut self, node: usize) {
        self.members[node] = true;
        self.inboxes[node].clear();
    }

    /// The node isn't heard of any more, or leaves: others may have its partitions.
    pub(crate) fn remove(&mut self, node: usize) {
        self.members[node] = false;
        self.inboxes[node].clear();
        for holder in self.holders.iter_mut().filter(|holder| holder.node == Some(node)) {
            *holder = Holder::default();
        }
    }

    /// The node, which lives, is taken for dead. It will hear of that.
    pub(crate) fn evict(&mut self, node: usize) {
        self.remove(node);
        self.inboxes[node].push_back(Notice::Lost);
    }

    pub(crate) fn released(&mut self, node: usize, partitions: &[i32]) {
        for partition in partitions {
            let holder = &mut self.holders[usize::try_from(*partition).expect("partitions aren't negative")];
            if holder.node == Some(node) {
                *holder = Holder::default();
            }
        }
    }

    /// Asks holders to release some partitions, so that others get them; whether anything moves.
    pub(crate) fn rebalance(&mut self, rng: &mut Rng) -> bool {
        let mut moves = false;
        for node in 0..self.members.len() {
            let mut leaving = Vec::new();
            for (partition, holder) in (0..).zip(&mut self.holders) {
                if holder.node == Some(node) && !holder.asked && rng.bool() {
                    holder.asked = true;
                    leaving.push(partition);
                }
            }
            if !leaving.is_empty() {
                moves = true;
                self.inboxes[node].push_back(Notice::Revoke(leaving));
            }
        }
        moves
    }

    pub(crate) fn can_settle(&self) -> bool {
        self.members.contains(&true) && self.holders.iter().any(|holder| holder.node.is_none())
    }

    /// Gives partitions that nobody holds to members.
    pub(crate) fn settle(&mut self, rng: &mut Rng) {
        let members: Vec<usize> = (0..self.members.len()).filter(|node| self.members[*node]).collect();
        let mut given: Vec<Vec<i32>> = vec![Vec::new(); self.members.len()];
        for (partition, holder) in (0..).zip(&mut self.holders) {
            if holder.node.is_none()
                && let Some(node) = rng.choice(&members)
            {
                *holder = Holder { node: Some(*node), asked: false };
                given[*node].push(partition);
            }
        }
        for (node, partitions) in given.into_iter().enumerate().filter(|(_, partitions)| !partitions.is_empty()) {
            self.inboxes[node].push_back(Notice::Assign(partitions));
        }
    }
}
