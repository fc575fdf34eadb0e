-- series: the votes of paredão $1 by participant and span of grain $2, of buckets that start within [$3, $4), which are
-- seconds since the Unix epoch or null for no bound. $5 is the zone of hours and days, $6 the most rows.
WITH grained AS (
    -- A bucket that was compacted keeps its own grain where a finer one is asked for.
    -- A bucket counts by its start: compaction never merges across a closing.
    SELECT b.participant, b.start, b.votes, greatest(b.grain, $2::text::grain) AS grain,
           coalesce(b.start >= p.closes_at, false) AS is_after_closing
    FROM bucket b
    JOIN paredao p ON p.id = b.paredao
    WHERE b.paredao = $1
      AND ($3::bigint IS NULL OR b.start >= to_timestamp($3::bigint))
      AND ($4::bigint IS NULL OR b.start < to_timestamp($4::bigint))
),
-- A zone's hours and days are dear to find, and no zone's begin elsewhere than at a quarter of an hour.
quarters AS (
    SELECT participant, grain, is_after_closing, sum(votes) AS votes,
           CASE grain WHEN 'minute' THEN start ELSE date_bin('15 minutes', start, 'epoch') END AS start
    FROM grained
    GROUP BY 1, 2, 3, 5
)
SELECT extract(epoch FROM CASE q.grain
           WHEN 'minute' THEN q.start
           WHEN 'hour' THEN date_trunc('hour', q.start, $5)
           ELSE date_trunc('day', q.start AT TIME ZONE $5) AT TIME ZONE $5
       END)::bigint AS "start!",
       q.grain::text AS "grain!",
       c.id AS participant,
       coalesce(sum(q.votes) FILTER (WHERE NOT q.is_after_closing), 0)::bigint AS "votes!",
       coalesce(sum(q.votes) FILTER (WHERE q.is_after_closing), 0)::bigint AS "after_closing!"
FROM quarters q
-- A vote for somebody who doesn't stand in the paredão isn't one of its votes.
JOIN participant c ON c.id = q.participant AND c.paredao = $1
GROUP BY 1, q.grain, c.id, c.position
ORDER BY 1, q.grain, c.position
LIMIT $6
