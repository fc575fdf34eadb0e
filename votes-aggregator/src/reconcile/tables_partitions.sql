-- tables_partitions: each partition's cursor, and the sums of what the other tables hold of it.
WITH
letters AS (
    SELECT l.partition,
        count(*) FILTER (WHERE reason = $2) AS refused,
        count(*) FILTER (WHERE reason <> $2 AND ballot_minute IS NOT NULL) AS untimely,
        count(*) FILTER (WHERE reason <> $2 AND ballot_minute IS NULL) AS undecodable,
        -- Those that came in time by their own stamp, behind where passing over lost records moved the log clock. A ballot is
        -- late $4 milliseconds after its minute's beginning.
        count(*) FILTER (
            WHERE reason = $3 AND appended_at < ballot_minute::bigint * 60000 + $4
              AND EXISTS (
                  SELECT FROM skipped AS s
                  WHERE s.topic = l.topic AND s.partition = l.partition AND s.log_clock IS NOT NULL
                    AND s.to_offset <= l.record_offset
              )
        ) AS made_late
    FROM dead_letter AS l WHERE l.topic = $1 GROUP BY l.partition
),
-- What was counted of logs that new ones took the place of; buckets don't say of which log their votes are.
former AS (
    SELECT partition, count(*) AS logs, sum(counted)::bigint AS counted, max(log_clock) AS log_clock
    FROM register_cursor WHERE starts_with(topic, $1 || '@') GROUP BY partition
),
added AS (
    SELECT partition, count(*) AS votes FROM replayed
    WHERE topic = $1 OR starts_with(topic, $1 || '@') GROUP BY partition
),
sums AS (SELECT partition, sum(votes)::bigint AS votes FROM bucket GROUP BY partition)
SELECT c.partition, c.start_offset, c.next_offset, c.counted, c.duplicate, c.parked, c.skipped,
    coalesce(s.votes, 0) AS votes, coalesce(a.votes, 0) AS replayed,
    coalesce(l.refused, 0) AS refused, coalesce(l.untimely, 0) AS untimely, coalesce(l.undecodable, 0) AS undecodable,
    coalesce(l.made_late, 0) AS made_late,
    coalesce(f.logs, 0) AS former_logs, coalesce(f.counted, 0) AS former_counted, f.log_clock AS former_clock
FROM register_cursor AS c
LEFT JOIN letters AS l USING (partition)
LEFT JOIN former AS f USING (partition)
LEFT JOIN added AS a USING (partition)
LEFT JOIN sums AS s USING (partition)
WHERE c.topic = $1
