-- series: the votes of paredão $1 by participant and span of grain $2, of buckets that start within [$3, $4), which are
-- seconds since the Unix epoch or null for no bound. $5 is the zone of hours and days, $6 the most rows.
WITH spans AS (
    -- A bucket that was compacted keeps its own grain where a finer one is asked for.
    SELECT b.participant, b.start, b.votes, greatest(b.grain, $2::text::grain) AS grain
    FROM bucket b
    WHERE b.paredao = $1
      AND ($3::bigint IS NULL OR b.start >= to_timestamp($3::bigint))
      AND ($4::bigint IS NULL OR b.start < to_timestamp($4::bigint))
)
SELECT extract(epoch FROM CASE s.grain
           WHEN 'minute' THEN s.start
           WHEN 'hour' THEN date_trunc('hour', s.start, $5)
           ELSE date_trunc('day', s.start AT TIME ZONE $5) AT TIME ZONE $5
       END)::bigint AS "start!",
       s.grain::text AS "grain!",
       c.id AS participant,
       -- A bucket counts by its start: compaction never merges across a closing.
       coalesce(sum(s.votes) FILTER (WHERE p.closes_at IS NULL OR s.start < p.closes_at), 0)::bigint AS "votes!",
       coalesce(sum(s.votes) FILTER (WHERE s.start >= p.closes_at), 0)::bigint AS "after_closing!"
FROM spans s
JOIN paredao p ON p.id = $1
-- A vote for somebody who doesn't stand in the paredão isn't one of its votes.
JOIN participant c ON c.id = s.participant AND c.paredao = p.id
GROUP BY 1, s.grain, c.id, c.position
ORDER BY 1, s.grain, c.position
LIMIT $6
