-- list: dead letters by id, at most $5 of those past $4. $1 (a reason), $2 (a partition) and $3 (replayed or not) narrow
-- them down where they aren't null, and so does $6 (an id). $7 are the reasons of good votes. Times are milliseconds since
-- the Unix epoch.
SELECT d.id, d.topic, d.partition, d.record_offset, d.appended_at, d.reason, d.detail, d.attempts,
       d.reason = ANY ($7) AS "replayable!",
       (extract(epoch FROM d.parked_at) * 1000)::bigint AS "parked_at!",
       d.ballot_minute,
       r.who AS "replayed_by?",
       (extract(epoch FROM r.at) * 1000)::bigint AS replayed_at
FROM dead_letter d
LEFT JOIN replayed r ON r.dead_letter = d.id
WHERE ($1::text IS NULL OR d.reason = $1)
  AND ($2::integer IS NULL OR d.partition = $2)
  AND ($3::boolean IS NULL OR (r.dead_letter IS NOT NULL) = $3)
  AND d.id > $4
  AND ($6::bigint IS NULL OR d.id = $6)
ORDER BY d.id
LIMIT $5
