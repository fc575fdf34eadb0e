-- read_cursor: where a partition's counting stands, and under which epoch.
SELECT next_offset, ballots_from, epoch, log_clock, fingerprint
FROM register_cursor
WHERE topic = $1 AND partition = $2
