-- recompute_hours: writes the sums of all hours touched by transactions from $1 up to and without $2, and names their
-- paredões. $3 is the zone of hours and days. A day row stands for all its hours: the rows that it replaced are gone
-- without a trace, so its whole day counts as touched.
WITH changed AS (
    -- Paredões written since: a moved closing moves votes in every hour, and a new paredão needs a panorama.
    SELECT id FROM paredao WHERE written_by >= $1::text::xid8 AND written_by < $2::text::xid8
),
touched AS (
    SELECT b.paredao, h.hour
    FROM bucket b
    CROSS JOIN LATERAL generate_series(
        date_trunc('hour', b.start, $3),
        CASE b.grain
            WHEN 'day' THEN (date_trunc('day', b.start AT TIME ZONE $3) + interval '1 day') AT TIME ZONE $3
                            - interval '1 hour'
            ELSE date_trunc('hour', b.start, $3)
        END,
        interval '1 hour'
    ) AS h (hour)
    WHERE b.written_by >= $1::text::xid8 AND b.written_by < $2::text::xid8
    UNION
    SELECT b.paredao, date_trunc('hour', b.start, $3) FROM bucket b JOIN changed c ON c.id = b.paredao
    UNION
    SELECT t.paredao, t.hour FROM hour_total t JOIN changed c ON c.id = t.paredao
    UNION
    -- Recomputing everything includes what no bucket stands for any more.
    SELECT t.paredao, t.hour FROM hour_total t WHERE $1::text::xid8 = '0'::xid8
),
fresh AS (
    -- The absolute sums. A bucket counts by its start: compaction never merges across a closing.
    SELECT t.paredao, t.hour, b.participant,
           coalesce(sum(b.votes) FILTER (WHERE p.closes_at IS NULL OR b.start < p.closes_at), 0)::bigint AS votes,
           coalesce(sum(b.votes) FILTER (WHERE b.start >= p.closes_at), 0)::bigint AS after_closing
    FROM touched t
    JOIN bucket b ON b.paredao = t.paredao AND b.start >= t.hour AND b.start < t.hour + interval '1 hour'
    LEFT JOIN paredao p ON p.id = t.paredao
    GROUP BY t.paredao, t.hour, b.participant
),
removed AS (
    -- Rows that no bucket justifies any more.
    DELETE FROM hour_total h USING touched t
    WHERE h.paredao = t.paredao AND h.hour = t.hour
      AND NOT EXISTS (
          SELECT FROM fresh f
          WHERE f.paredao = h.paredao AND f.hour = h.hour AND f.participant = h.participant
      )
),
written AS (
    INSERT INTO hour_total (paredao, hour, participant, votes, after_closing)
    SELECT paredao, hour, participant, votes, after_closing FROM fresh ORDER BY paredao, hour, participant
    ON CONFLICT (paredao, hour, participant) DO UPDATE
    SET votes = excluded.votes, after_closing = excluded.after_closing
    WHERE (hour_total.votes, hour_total.after_closing) <> (excluded.votes, excluded.after_closing)
)
SELECT paredao AS "paredao!", count(hour) AS "hours!"
FROM (SELECT paredao, hour FROM touched UNION ALL SELECT id, NULL FROM changed) AS seen
GROUP BY paredao
