-- counted: the buckets of paredão $1 that its result is made of, in the order in which they are hashed. A vote for somebody
-- who doesn't stand in the paredão isn't one of its votes.
SELECT b.partition, b.participant, b.grain::text AS "grain!", b.votes,
       extract(epoch FROM b.start)::bigint AS "start!",
       b.start >= p.closes_at AS "is_after_closing!"
FROM bucket b
JOIN paredao p ON p.id = b.paredao
JOIN participant c ON c.id = b.participant AND c.paredao = b.paredao
WHERE b.paredao = $1
ORDER BY b.partition, b.start, b.participant, b.grain
