-- tables_minutes: votes by partition, paredão and minute (since the Unix epoch) from minute $1 on; those that were
-- replayed apart, and with those that the database refused, so that the sum is what the topic holds.
SELECT partition, paredao, minute, sum(votes)::bigint AS votes
FROM (
    SELECT partition, paredao, (extract(epoch FROM start) / 60)::integer AS minute, votes
    FROM bucket WHERE grain = 'minute' AND start >= to_timestamp($1 * 60.0)
    UNION ALL
    SELECT partition, paredao, minute, -1 FROM replayed WHERE topic = $2 AND minute >= $1
    UNION ALL
    -- The record's key is <paredao>:<participant>:<minute>, or it wouldn't have been counted.
    SELECT partition, split_part(convert_from(key, 'UTF8'), ':', 1)::integer, ballot_minute, 1
    FROM dead_letter WHERE topic = $2 AND reason = $3 AND ballot_minute >= $1
) AS rows
GROUP BY partition, paredao, minute
