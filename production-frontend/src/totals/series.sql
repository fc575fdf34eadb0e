-- series: the votes of paredão $1 by participant and span of grain $2, of buckets that start within [$3, $4), which are
-- seconds since the Unix epoch or null for no bound. $5 is the zone of hours and days, $6 the most rows.
WITH grained AS (
    -- A bucket that was compacted keeps its own grain where a finer one is asked for.
    -- A bucket counts by its start: compaction never merges across a closing.
    SELECT b.participant, b.start, b.votes,
           CASE
               WHEN b.grain = 'day' OR $2::text = 'day' THEN 'day'
               WHEN b.grain = 'hour' OR $2::text = 'hour' THEN 'hour'
               ELSE $2::text
           END AS grain,
           coalesce(b.start >= p.closes_at, false) AS is_after_closing
    FROM bucket b
    JOIN paredao p ON p.id = b.paredao
    WHERE b.paredao = $1
      AND ($3::bigint IS NULL OR b.start >= to_timestamp($3::bigint))
      AND ($4::bigint IS NULL OR b.start < to_timestamp($4::bigint))
),
-- A zone's hours and days are dear to find, and no zone's begin elsewhere than at a quarter of an hour.
short AS (
    SELECT participant, grain, is_after_closing, sum(votes) AS votes,
           CASE grain
               WHEN 'minute' THEN start
               WHEN '5min' THEN date_bin('5 minutes', start, 'epoch')
               ELSE date_bin('15 minutes', start, 'epoch')
           END AS start
    FROM grained
    GROUP BY 1, 2, 3, 5
)
SELECT extract(epoch FROM CASE s.grain
           WHEN 'hour' THEN date_trunc('hour', s.start, $5)
           WHEN 'day' THEN date_trunc('day', s.start AT TIME ZONE $5) AT TIME ZONE $5
           ELSE s.start
       END)::bigint AS "start!",
       s.grain AS "grain!",
       c.id AS participant,
       coalesce(sum(s.votes) FILTER (WHERE NOT s.is_after_closing), 0)::bigint AS "votes!",
       coalesce(sum(s.votes) FILTER (WHERE s.is_after_closing), 0)::bigint AS "after_closing!"
FROM short s
-- A vote for somebody who doesn't stand in the paredão isn't one of its votes.
JOIN participant c ON c.id = s.participant AND c.paredao = $1
GROUP BY 1, s.grain, c.id, c.position
-- The finest first.
ORDER BY 1, array_position(ARRAY['minute', '5min', '15min', 'hour', 'day'], s.grain), c.position
LIMIT $6
