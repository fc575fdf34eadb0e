//! What tells apart who stands in a paredão.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Serialize, Serializer};

use super::Paredao;

/// Names a paredão's title and participants, which may be edited until shortly before the opening: a page that shows
/// another line-up is out of date. Sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lineup(u64);

impl Lineup {
    pub(super) fn of(paredao: &Paredao) -> Self {
        let mut hasher = DefaultHasher::new();
        (&paredao.title, &paredao.participants).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl fmt::Display for Lineup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Lineup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
