-- compact_hours: merges at most $3 rows of hours, of days that ended over $2 days ago, into rows of civil days.
-- $1 is the zone of the days.
WITH old AS (
    -- Locked in the order in which registers write, so that neither waits for the other in a circle.
    SELECT b.paredao, b.start, b.participant, b.grain, b.partition, d.start AS day
    FROM bucket b
    CROSS JOIN LATERAL (
        SELECT date_trunc('day', b.start AT TIME ZONE $1) AT TIME ZONE $1 AS start,
               (date_trunc('day', b.start AT TIME ZONE $1) + interval '1 day') AT TIME ZONE $1 AS "end"
    ) d
    LEFT JOIN paredao p ON p.id = b.paredao
    WHERE b.grain = 'hour'
      AND b.start < now() - make_interval(days => $2)
      AND d."end" <= now() - make_interval(days => $2)
      -- A day with the closing in its inside stays hours.
      AND (p.closes_at IS NULL OR p.closes_at <= d.start OR p.closes_at >= d."end")
    ORDER BY b.paredao, b.start, b.participant, b.grain, b.partition
    LIMIT $3
    FOR UPDATE OF b
),
taken AS (
    DELETE FROM bucket b USING old o
    WHERE b.paredao = o.paredao AND b.start = o.start AND b.participant = o.participant
      AND b.grain = o.grain AND b.partition = o.partition
    RETURNING b.paredao, o.day, b.participant, b.partition, b.votes
),
merged AS (
    -- A day that was compacted before takes latecomers in.
    INSERT INTO bucket (paredao, start, participant, grain, partition, votes)
    SELECT paredao, day, participant, 'day', partition, sum(votes)::bigint
    FROM taken
    GROUP BY paredao, day, participant, partition
    ORDER BY paredao, day, participant, partition
    ON CONFLICT (paredao, start, participant, grain, partition) DO UPDATE
    SET votes = bucket.votes + excluded.votes, written_by = pg_current_xact_id()
)
SELECT count(*) AS "rows!" FROM taken
