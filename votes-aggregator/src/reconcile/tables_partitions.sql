-- tables_partitions: each partition's cursor, and the sums of what the other tables hold of it.
WITH
letters AS (
    SELECT partition,
        count(*) FILTER (WHERE reason = $2) AS refused,
        count(*) FILTER (WHERE reason <> $2 AND ballot_minute IS NOT NULL) AS untimely,
        count(*) FILTER (WHERE reason <> $2 AND ballot_minute IS NULL) AS undecodable
    FROM dead_letter WHERE topic = $1 GROUP BY partition
),
added AS (SELECT partition, count(*) AS votes FROM replayed WHERE topic = $1 GROUP BY partition),
sums AS (SELECT partition, sum(votes)::bigint AS votes FROM bucket GROUP BY partition)
SELECT c.partition, c.start_offset, c.next_offset, c.counted, c.duplicate, c.parked, c.skipped,
    coalesce(s.votes, 0) AS votes, coalesce(a.votes, 0) AS replayed,
    coalesce(l.refused, 0) AS refused, coalesce(l.untimely, 0) AS untimely, coalesce(l.undecodable, 0) AS undecodable
FROM register_cursor AS c
LEFT JOIN letters AS l USING (partition)
LEFT JOIN added AS a USING (partition)
LEFT JOIN sums AS s USING (partition)
WHERE c.topic = $1
