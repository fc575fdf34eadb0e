//! Kafka's standard partitioner for keyed records.
//!
//! The source of the rule is Kafka's own `BuiltInPartitioner`: murmur2 with seed `0x9747b28c`, made positive, modulo
//! the number of partitions. A ballot fixes its partition when it is issued, so the frontends compute it themselves.

/// The partition of `key` in a topic of `partitions` partitions.
///
/// # Panics
/// When `partitions` isn't positive: no topic has that many.
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    assert!(partitions > 0, "a topic has at least one partition");
    let positive = murmur2(key) & 0x7fff_ffff;
    i32::try_from(positive).expect("31 bits fit") % partitions
}

/// MurmurHash2 by Austin Appleby, in the variant and with the seed that Kafka's clients share.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MIX: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).expect("a key is far shorter than 4 GiB");
    let (words, tail) = data.as_chunks::<4>();
    let mut hash = words.iter().fold(SEED ^ length, |hash, word| {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(MIX);
        k = (k ^ (k >> 24)).wrapping_mul(MIX);
        hash.wrapping_mul(MIX) ^ k
    });
    if !tail.is_empty() {
        let rest = tail.iter().rev().fold(0, |rest, byte| rest << 8 | u32::from(*byte));
        hash = (hash ^ rest).wrapping_mul(MIX);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`, which other clients test against too.
    #[test]
    fn agrees_with_kafkas_own_test_vectors() {
        let vectors: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in vectors {
            assert_eq!(murmur2(key.as_bytes()), hash.cast_unsigned(), "{key}");
        }
    }

    #[test]
    fn every_partition_lies_within_the_topic() {
        for key in 0..1000 {
            assert!((0..12).contains(&partition_of(format!("1:{key}:5").as_bytes(), 12)));
        }
    }
}
