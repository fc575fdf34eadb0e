-- letters: dead letters of topic $1 in the order of their ids, those past $6 and at most $7. $2 (ids), $3 (reasons), $4 (a
-- partition) and $5 (replayed or not) narrow them down where they aren't null. $8 are the reasons of which key and value
-- are wanted; null wants them of all.
SELECT d.id, d.partition, d.record_offset, d.appended_at, d.reason, d.detail, d.attempts, d.parked_at,
       d.key_bytes, d.value_bytes,
       CASE WHEN $8::text[] IS NULL OR d.reason = ANY ($8) THEN d.key END AS key,
       CASE WHEN $8::text[] IS NULL OR d.reason = ANY ($8) THEN d.value END AS value,
       r.who AS replayed_by, r.at AS replayed_at
FROM dead_letter d
LEFT JOIN replayed r ON r.dead_letter = d.id
WHERE d.topic = $1
  AND ($2::bigint[] IS NULL OR d.id = ANY ($2))
  AND ($3::text[] IS NULL OR d.reason = ANY ($3))
  AND ($4::integer IS NULL OR d.partition = $4)
  AND ($5::boolean IS NULL OR (r.dead_letter IS NOT NULL) = $5)
  AND d.id > $6
ORDER BY d.id
LIMIT $7
