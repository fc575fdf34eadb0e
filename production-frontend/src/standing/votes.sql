-- votes: of each participant of paredão $1, in order, the votes before the closing, those of them that lie in the minute
-- that begins $2 seconds after the Unix epoch, and the votes after the closing.
SELECT c.id AS participant,
       coalesce(sum(b.votes) FILTER (WHERE p.closes_at IS NULL OR b.start < p.closes_at), 0)::bigint AS "votes!",
       coalesce(
           sum(b.votes) FILTER (
               WHERE b.start = to_timestamp($2::bigint) AND b.grain = 'minute'
                 AND (p.closes_at IS NULL OR b.start < p.closes_at)
           ),
           0
       )::bigint AS "in_minute!",
       coalesce(sum(b.votes) FILTER (WHERE b.start >= p.closes_at), 0)::bigint AS "after_closing!"
FROM participant c
JOIN paredao p ON p.id = c.paredao
LEFT JOIN bucket b ON b.paredao = c.paredao AND b.participant = c.id
WHERE c.paredao = $1
GROUP BY c.id, c.position
ORDER BY c.position
