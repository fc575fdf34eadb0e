-- read_cursor: where a partition's counting stands, and under which epoch.
SELECT greatest(start_offset, ballots_from) AS start_offset, next_offset, epoch, log_clock, fingerprint
FROM register_cursor
WHERE topic = $1 AND partition = $2
