//! Where the traced votes among a partition's records come from, until they are written: what a flush's span links to.

use std::collections::VecDeque;
use std::ops::Range;

use voting_commons::adapters::traces::Origin;

/// The most that are kept, the newest, and so the most links of a flush's span: as many as OpenTelemetry takes.
const ORIGINS_MAX: usize = 128;

/// Those of one partition, by the offsets of their records.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    generation: u64,
    by_offset: VecDeque<(i64, Origin)>,
}

impl Origins {
    /// Keeps what was read in `generation`. What was read in one before is read again.
    pub(crate) fn keep(&mut self, generation: u64, origins: Vec<(i64, Origin)>) {
        if generation != self.generation {
            self.generation = generation;
            self.by_offset.clear();
        }
        self.by_offset.extend(origins);
        // The oldest may be of votes that were written before, and are read again to know their ballots.
        let too_many = self.by_offset.len().saturating_sub(ORIGINS_MAX);
        self.by_offset.drain(..too_many);
    }

    /// Those of the records at `offsets`.
    pub(crate) fn of(&self, offsets: Range<i64>) -> Vec<Origin> {
        let among = self.by_offset.iter().filter(|(offset, _)| offsets.contains(offset));
        among.map(|(_, origin)| origin.clone()).collect()
    }

    /// Forgets what is written.
    pub(crate) fn forget_below(&mut self, offset: i64) {
        while self.by_offset.pop_front_if(|(first, _)| *first < offset).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(offsets: Range<i64>) -> Vec<(i64, Origin)> {
        let origin = |offset| {
            let header = format!("00-{:032x}-00f067aa0ba902b7-01", offset + 1);
            Some((offset, Origin::parse(header.as_bytes())?))
        };
        offsets.filter_map(origin).collect()
    }

    fn those(offsets: Range<i64>) -> Vec<Origin> {
        read(offsets).into_iter().map(|(_, origin)| origin).collect()
    }

    #[test]
    fn a_flush_has_the_origins_of_its_own_records_until_it_is_written() {
        let mut origins = Origins::default();
        origins.keep(1, read(0..10));
        assert_eq!(origins.of(2..5), those(2..5));
        assert_eq!(origins.of(2..5), those(2..5), "the flush failed, and is tried again");
        origins.forget_below(5);
        assert_eq!(origins.of(0..20), those(5..10));
    }

    #[test]
    fn what_is_read_again_is_not_kept_twice() {
        let mut origins = Origins::default();
        origins.keep(1, read(0..10));
        origins.keep(2, read(5..7));
        assert_eq!(origins.of(0..20), those(5..7));
    }

    #[test]
    fn no_more_are_kept_than_a_span_takes() {
        let mut origins = Origins::default();
        origins.keep(1, read(0..100));
        origins.keep(1, read(100..1_000));
        assert_eq!(origins.of(0..1_000), those(872..1_000), "the newest");
        origins.forget_below(1_000);
        origins.keep(1, read(1_000..1_001));
        assert_eq!(origins.of(0..2_000), those(1_000..1_001));
    }
}
