-- replay: counts the parked vote $1 and says that it was replayed, together and once: the cursor's own numbers don't
-- change by it. One autocommit statement, as the register's flush is.
WITH
-- The unique index holds the ballot. Of two that replay it at once, one waits here and then does nothing. No copy can be
-- counted any more: the log clock has passed the ballot's window, which ends at $8, or the cursor still stands at $9, where
-- the log ended after the window did.
once AS (
    INSERT INTO replayed (dead_letter, topic, partition, paredao, participant, minute, ballot_issuer, ballot_sequence, who)
    SELECT d.id, d.topic, d.partition, $2, $3, $4, $5, $6, $7
    FROM dead_letter d
    JOIN register_cursor c ON c.topic = d.topic AND c.partition = d.partition
    WHERE d.id = $1 AND (c.log_clock >= $8 OR c.next_offset = $9)
      AND NOT EXISTS (SELECT FROM publication p WHERE p.paredao = $2)
    ON CONFLICT DO NOTHING
    RETURNING paredao, minute, participant, partition
),
added AS (
    INSERT INTO bucket AS b (paredao, start, participant, grain, partition, votes)
    SELECT paredao, to_timestamp(minute * 60.0), participant, 'minute', partition, 1 FROM once
    ON CONFLICT (paredao, start, participant, grain, partition) DO UPDATE
        SET votes = b.votes + excluded.votes, written_by = excluded.written_by
)
SELECT count(*) FROM once
