-- reasons: how many dead letters there are of each reason, the most first. They are narrowed down as by list.sql.
SELECT d.reason, count(*) AS "count!", d.reason = ANY ($8) AS "replayable!"
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
GROUP BY d.reason
ORDER BY count(*) DESC, d.reason
