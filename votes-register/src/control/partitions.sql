-- partitions: the cursors of topic $1, with what their owners say, all of one moment. The lag in records is the log's end
-- as the owner last saw it, less the cursor.
SELECT c.partition, c.owner, c.epoch, c.next_offset,
       s.state, s.halt_reason, s.last_error, s.high_offset, s.lag_millis,
       greatest(extract(epoch FROM clock_timestamp() - s.last_error_at), 0)::double precision AS error_seconds_ago,
       CASE WHEN s.high_offset IS NOT NULL THEN greatest(s.high_offset - c.next_offset, 0) END AS lag_records,
       extract(epoch FROM clock_timestamp() - s.seen_at)::double precision AS seen_seconds_ago,
       EXISTS (
           SELECT FROM register_control p
           WHERE p.topic = c.topic AND (p.partition = c.partition OR p.partition IS NULL)
       ) AS paused
FROM register_cursor c
LEFT JOIN register_status s ON s.topic = c.topic AND s.partition = c.partition
WHERE c.topic = $1
ORDER BY c.partition
