-- claim: takes the cursor of a partition with the next epoch.
--
-- The first claim of a partition starts where the log starts. A claim never moves the position, and is safe to
-- repeat: a lost answer costs an epoch and nothing else.
INSERT INTO register_cursor AS c (topic, partition, start_offset, next_offset, ballots_from, epoch, owner)
VALUES ($1, $2, $3, $3, $3, 1, $4)
ON CONFLICT (topic, partition) DO UPDATE
    SET epoch = c.epoch + 1, owner = excluded.owner, claimed_at = clock_timestamp()
RETURNING next_offset, ballots_from, epoch, log_clock, fingerprint
