-- zero: takes the buckets of partition $1 away, and says how many votes were in them. The aggregator finds what is new by
-- the rows that were written, and these will be gone: it is told to look at their paredões anew.
WITH gone AS (
    DELETE FROM bucket WHERE partition = $1 RETURNING paredao, votes
),
touched AS (
    UPDATE paredao SET written_by = pg_current_xact_id() WHERE id IN (SELECT paredao FROM gone)
)
SELECT coalesce(sum(votes), 0)::bigint FROM gone
