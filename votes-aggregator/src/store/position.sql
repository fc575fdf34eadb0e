-- position: up to where the last run saw which database, and what database and snapshot this is. The row lock fails
-- (40001) when another run ended between this snapshot and the advisory lock.
SELECT s.system_identifier AS stored_system, s.timeline AS stored_timeline, s.seen_below::text AS "stored_seen_below!",
       s.revision,
       (SELECT c.system_identifier FROM pg_control_system() c) AS "system!",
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer AS "timeline!",
       pg_snapshot_xmin(pg_current_snapshot())::text AS "xmin!",
       pg_snapshot_xmax(pg_current_snapshot())::text AS "xmax!"
FROM aggregator_state s
FOR UPDATE
