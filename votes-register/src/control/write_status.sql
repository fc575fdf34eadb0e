-- write_status: what node $2 says of its partitions of topic $1. A node that no longer owns a partition, though it
-- hasn't heard of it, says nothing.
INSERT INTO register_status (topic, partition, node, epoch, state, halt_code, halt_reason, last_error, last_error_at,
                             low_offset, high_offset, lag_millis, ends_at, seen_at)
SELECT $1::text, s.partition, $2::text, s.epoch, s.state, s.halt_code, s.halt_reason, s.last_error,
       to_timestamp(s.last_error_at / 1000.0), s.low_offset, s.high_offset, s.lag_millis,
       clock_timestamp() - make_interval(secs => s.ends_age_millis / 1000.0), clock_timestamp()
FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[],
            $11::bigint[], $12::bigint[], $13::bigint[])
    AS s (partition, state, halt_code, halt_reason, last_error, last_error_at, low_offset, high_offset, lag_millis, epoch,
          ends_age_millis)
WHERE NOT EXISTS (
    SELECT FROM register_cursor c WHERE c.topic = $1 AND c.partition = s.partition AND c.owner <> $2
)
ORDER BY s.partition
ON CONFLICT (topic, partition) DO UPDATE
    SET node = excluded.node, epoch = excluded.epoch, state = excluded.state, halt_code = excluded.halt_code,
        halt_reason = excluded.halt_reason, last_error = excluded.last_error, last_error_at = excluded.last_error_at,
        low_offset = excluded.low_offset, high_offset = excluded.high_offset, lag_millis = excluded.lag_millis,
        ends_at = excluded.ends_at, seen_at = excluded.seen_at
