-- partitions: every cursor, with what its owner says. What was said more than 30 seconds ago is no state any more, though the
-- rest of it is still the last that is known.
SELECT c.topic, c.partition, c.owner, c.next_offset,
       CASE WHEN s.seen_at > now() - interval '30 seconds' THEN s.state END AS state,
       s.node AS "node?", s.high_offset AS "high_offset?", s.lag_millis AS "lag_millis?", s.halt_code AS "halt_code?",
       s.halt_reason AS "halt_reason?", s.last_error AS "last_error?",
       greatest(s.high_offset - c.next_offset, CASE WHEN s.high_offset IS NOT NULL THEN 0 END) AS lag_records,
       (extract(epoch FROM s.last_error_at) * 1000)::bigint AS last_error_at,
       (extract(epoch FROM s.seen_at) * 1000)::bigint AS seen_at,
       EXISTS (
           SELECT FROM register_control p
           WHERE p.topic = c.topic AND (p.partition = c.partition OR p.partition IS NULL)
       ) AS "paused!"
FROM register_cursor c
LEFT JOIN register_status s ON s.topic = c.topic AND s.partition = c.partition
ORDER BY c.topic, c.partition
