-- panorama_votes: the votes of each participant of the paredões $1 from the totals per hour, beside what the panorama
-- says of them so far. Votes for somebody who doesn't stand in the paredão are in no row.
WITH votes AS (
    SELECT paredao, participant, sum(votes)::bigint AS votes, sum(after_closing)::bigint AS after_closing
    FROM hour_total
    WHERE paredao = ANY ($1)
    GROUP BY paredao, participant
)
SELECT p.id AS paredao, c.id AS participant,
       coalesce(v.votes, 0) AS "votes!", coalesce(v.after_closing, 0) AS "after_closing!",
       s.votes AS "stored_votes?", s.hundredths AS "stored_hundredths?",
       n.after_closing AS "stored_after_closing?"
FROM paredao p
JOIN participant c ON c.paredao = p.id
LEFT JOIN votes v ON v.paredao = p.id AND v.participant = c.id
LEFT JOIN panorama n ON n.paredao = p.id
LEFT JOIN panorama_share s ON s.paredao = p.id AND s.participant = c.id
WHERE p.id = ANY ($1)
ORDER BY p.id, c.position
