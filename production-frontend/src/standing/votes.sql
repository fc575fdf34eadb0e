-- votes: of each participant of paredão $1, in order, the votes before the closing, those of them that lie in the minute
-- that begins $2 seconds after the Unix epoch, and the votes after the closing.
WITH counted AS (
    -- Summed before anything is joined, which is a third of the work: this is asked each second.
    SELECT participant,
           sum(votes) FILTER (WHERE start < (SELECT coalesce(closes_at, 'infinity') FROM paredao WHERE id = $1)) AS votes,
           sum(votes) FILTER (
               WHERE start = to_timestamp($2::bigint) AND grain = 'minute'
                 AND start < (SELECT coalesce(closes_at, 'infinity') FROM paredao WHERE id = $1)
           ) AS in_minute,
           sum(votes) FILTER (WHERE start >= (SELECT closes_at FROM paredao WHERE id = $1)) AS after_closing
    FROM bucket
    WHERE paredao = $1
    GROUP BY participant
)
SELECT c.id AS participant,
       coalesce(n.votes, 0)::bigint AS "votes!",
       coalesce(n.in_minute, 0)::bigint AS "in_minute!",
       coalesce(n.after_closing, 0)::bigint AS "after_closing!"
FROM participant c
LEFT JOIN counted n ON n.participant = c.id
WHERE c.paredao = $1
ORDER BY c.position
