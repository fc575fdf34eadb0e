-- list: entries of the audit, the newest first. Null parameters select all; $4 and $5 are seconds since the Unix epoch, from
-- $4 up to before $5; $6 is the id before which to go on.
SELECT id, (extract(epoch FROM at) * 1000)::bigint AS "at!", who, kind, action, subject, outcome, detail::text AS "detail!"
FROM audit
WHERE ($1::text IS NULL OR who = $1)
  AND ($2::text IS NULL OR action = $2)
  AND ($3::text IS NULL OR subject = $3)
  AND ($4::bigint IS NULL OR at >= to_timestamp($4))
  AND ($5::bigint IS NULL OR at < to_timestamp($5))
  AND ($6::bigint IS NULL OR id < $6)
ORDER BY id DESC
LIMIT $7
