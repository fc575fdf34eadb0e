-- list: dead letters by id, at most $11 of those past $9, the newest first where $10 says so. $1 (a reason), $2 (a partition),
-- $3 (a paredão's slug), $4 and $5 (appended from when and before when), $6 (replayed or not), $7 (a good vote or not) and
-- $12 (an id) narrow them down where they aren't null. $8 are the reasons of good votes. Times are milliseconds since the Unix
-- epoch. The paredão is the one that a vote's key begins with, whatever else is wrong with the record.
SELECT d.id, d.topic, d.partition, d.record_offset, d.appended_at, d.reason, d.detail, d.attempts,
       d.reason = ANY ($8) AS "replayable!",
       coalesce(p.slug, k.paredao::text) AS paredao,
       (extract(epoch FROM d.parked_at) * 1000)::bigint AS "parked_at!",
       d.ballot_minute,
       r.who AS "replayed_by?",
       (extract(epoch FROM r.at) * 1000)::bigint AS replayed_at
FROM dead_letter d
LEFT JOIN replayed r ON r.dead_letter = d.id
CROSS JOIN LATERAL (
    SELECT substring(encode(substring(d.key FROM 1 FOR 12), 'escape') FROM '^([1-9][0-9]{0,8}):')::integer AS paredao
) k
LEFT JOIN paredao p ON p.id = k.paredao
WHERE ($1::text IS NULL OR d.reason = $1)
  AND ($2::integer IS NULL OR d.partition = $2)
  AND ($3::text IS NULL OR p.slug = $3)
  AND ($4::bigint IS NULL OR d.appended_at >= $4)
  AND ($5::bigint IS NULL OR d.appended_at < $5)
  AND ($6::boolean IS NULL OR (r.dead_letter IS NOT NULL) = $6)
  AND ($7::boolean IS NULL OR (d.reason = ANY ($8)) = $7)
  AND ($9::bigint IS NULL OR CASE WHEN $10 THEN d.id < $9 ELSE d.id > $9 END)
  AND ($12::bigint IS NULL OR d.id = $12)
ORDER BY CASE WHEN $10 THEN -d.id ELSE d.id END
LIMIT $11
