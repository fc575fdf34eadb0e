-- partitions: whether each partition has counted all that can count before a closing whose last ballots can come until $1, in
-- milliseconds since the Unix epoch. A log that an operator replaced, kept as topic@epoch, gets no more records.
SELECT c.topic, c.partition, c.next_offset,
       -- What the broker stamped later lies below the cursor, so all that it stamped before does, and what comes is too late.
       c.log_clock >= $1::bigint AS "is_past!",
       coalesce(s.state = 'halted', false) AS "is_halted!",
       -- When votes of it were last counted, to the millisecond.
       (extract(epoch FROM c.flushed_at) * 1000)::bigint AS flushed_at,
       s.high_offset AS "high_offset?",
       coalesce(s.ends_at >= to_timestamp($1::bigint / 1000.0), false) AS "ends_are_later!"
FROM register_cursor c
LEFT JOIN register_status s ON s.topic = c.topic AND s.partition = c.partition
WHERE position('@' IN c.topic) = 0
ORDER BY c.topic, c.partition
