-- compact_minutes: merges at most $3 rows of minutes, of hours that ended over $2 days ago, into rows of hours.
-- $1 is the zone, so that an hour lies within one civil day even where the zone is half an hour off.
WITH old AS (
    -- Locked in the order in which registers write, so that neither waits for the other in a circle.
    SELECT b.paredao, b.start, b.participant, b.grain, b.partition, h.start AS hour
    FROM bucket b
    CROSS JOIN LATERAL (SELECT date_trunc('hour', b.start, $1) AS start) h
    LEFT JOIN paredao p ON p.id = b.paredao
    WHERE b.grain = 'minute'
      AND b.start < now() - make_interval(days => $2)
      AND h.start + interval '1 hour' <= now() - make_interval(days => $2)
      -- An hour with the closing in its inside stays minutes: merged, it couldn't be told apart any more.
      AND (p.closes_at IS NULL OR p.closes_at <= h.start OR p.closes_at >= h.start + interval '1 hour')
    ORDER BY b.paredao, b.start, b.participant, b.grain, b.partition
    LIMIT $3
    FOR UPDATE OF b
),
taken AS (
    -- Votes as they are when the row goes, a late upsert that came before the lock included.
    DELETE FROM bucket b USING old o
    WHERE b.paredao = o.paredao AND b.start = o.start AND b.participant = o.participant
      AND b.grain = o.grain AND b.partition = o.partition
    RETURNING b.paredao, o.hour, b.participant, b.partition, b.votes
),
merged AS (
    -- An hour that was compacted before takes latecomers in.
    INSERT INTO bucket (paredao, start, participant, grain, partition, votes)
    SELECT paredao, hour, participant, 'hour', partition, sum(votes)::bigint
    FROM taken
    GROUP BY paredao, hour, participant, partition
    ORDER BY paredao, hour, participant, partition
    ON CONFLICT (paredao, start, participant, grain, partition) DO UPDATE
    SET votes = bucket.votes + excluded.votes, written_by = pg_current_xact_id()
)
SELECT count(*) AS "rows!" FROM taken
