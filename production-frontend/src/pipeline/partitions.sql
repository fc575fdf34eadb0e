-- partitions: every cursor, with what its owner says, who has it stand still, and the votes of the last whole minute. What was
-- said more than 30 seconds ago is no state any more, though the rest of it is still the last that is known. Cursors of logs
-- that were replaced are kept under names that no topic can have.
SELECT c.topic, c.partition, c.owner, c.next_offset,
       (extract(epoch FROM c.claimed_at) * 1000)::bigint AS "claimed_at!",
       CASE WHEN s.seen_at > now() - interval '30 seconds' THEN s.state END AS state,
       s.node AS "node?", s.low_offset AS "low_offset?", s.high_offset AS "high_offset?", s.lag_millis AS "lag_millis?",
       s.halt_code AS "halt_code?", s.halt_reason AS "halt_reason?", s.last_error AS "last_error?",
       greatest(s.high_offset - c.next_offset, CASE WHEN s.high_offset IS NOT NULL THEN 0 END) AS lag_records,
       (extract(epoch FROM s.last_error_at) * 1000)::bigint AS last_error_at,
       (extract(epoch FROM s.seen_at) * 1000)::bigint AS seen_at,
       p.who AS "paused_by?", p.partition IS NULL AND p.who IS NOT NULL AS "paused_with_all!",
       (extract(epoch FROM p.at) * 1000)::bigint AS paused_at,
       coalesce(b.votes, 0) AS "minute_votes!"
FROM register_cursor c
LEFT JOIN register_status s ON s.topic = c.topic AND s.partition = c.partition
LEFT JOIN LATERAL (
    SELECT p.partition, p.who, p.at
    FROM register_control p
    WHERE p.topic = c.topic AND (p.partition = c.partition OR p.partition IS NULL)
    ORDER BY p.partition NULLS FIRST
    LIMIT 1
) p ON true
LEFT JOIN (
    SELECT partition, sum(votes)::bigint AS votes
    FROM bucket
    WHERE grain = 'minute' AND start = date_trunc('minute', now()) - interval '1 minute'
    GROUP BY partition
) b ON b.partition = c.partition
WHERE position('@' IN c.topic) = 0
ORDER BY c.topic, c.partition
