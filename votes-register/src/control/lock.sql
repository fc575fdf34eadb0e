-- lock: the cursor of partition $2 of topic $1 for the rest of the transaction, and whether it stands still. What its owner
-- said more than $3 seconds ago, or before somebody else claimed the cursor, is out of date.
SELECT c.start_offset, c.next_offset, c.epoch, c.log_clock, c.ballots_from,
       (SELECT s.halt_code FROM register_status s
        WHERE s.topic = c.topic AND s.partition = c.partition AND s.epoch = c.epoch
          AND s.seen_at > clock_timestamp() - make_interval(secs => $3)) AS halt_code,
       EXISTS (
           SELECT FROM register_control p
           WHERE p.topic = c.topic AND (p.partition = c.partition OR p.partition IS NULL)
       ) AS is_paused
FROM register_cursor c
WHERE c.topic = $1 AND c.partition = $2
FOR UPDATE OF c
