-- verdict: the last look, and how old it is by the database's clock.
SELECT state, behind_seconds,
    (extract(epoch FROM checked_at) * 1000)::bigint AS checked_at,
    extract(epoch FROM clock_timestamp() - coalesce(checked_at, 'epoch'))::bigint AS age_seconds
FROM reconciliation
