-- cut: whether a compacted bucket of paredão $1 begins before $2, in seconds since the Unix epoch, and reaches past it.
-- $3 is the zone of days.
SELECT EXISTS (
    SELECT FROM bucket b
    WHERE b.paredao = $1 AND b.grain IN ('hour', 'day')
      AND b.start < to_timestamp($2::bigint)
      -- No civil day is longer.
      AND b.start > to_timestamp($2::bigint) - interval '25 hours'
      AND CASE b.grain
              WHEN 'hour' THEN b.start + interval '1 hour'
              ELSE (date_trunc('day', b.start AT TIME ZONE $3::text) + interval '1 day') AT TIME ZONE $3::text
          END > to_timestamp($2::bigint)
) AS "cut!"
