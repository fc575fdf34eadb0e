-- claim_request: the oldest request that nobody works on, for node $1 and for the next $2 seconds.
UPDATE replay_request SET node = $1, lease_until = clock_timestamp() + make_interval(secs => $2)
WHERE id = (
    SELECT id FROM replay_request
    WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, ids, reason, dry_run, who
