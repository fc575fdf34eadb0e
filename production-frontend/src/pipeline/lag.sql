-- lag: how far the registers are behind, as they said in the last 30 seconds, and how many partitions nobody counts.
WITH said AS (
    SELECT CASE WHEN s.seen_at > now() - interval '30 seconds' THEN s.state END AS state, s.lag_millis,
           greatest(s.high_offset - c.next_offset, CASE WHEN s.high_offset IS NOT NULL THEN 0 END) AS lag_records
    FROM register_status s
    JOIN register_cursor c ON c.topic = s.topic AND c.partition = s.partition
)
SELECT sum(lag_records) FILTER (WHERE state IS NOT NULL)::bigint AS records,
       max(lag_millis) FILTER (WHERE state = 'counting') AS millis,
       count(*) FILTER (WHERE state IS DISTINCT FROM 'counting') AS "uncounted!",
       count(*) FILTER (WHERE state = 'halted') AS "halted!"
FROM said
