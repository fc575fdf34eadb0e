-- flush: the register's one statement. Counts and position move together, or not at all.
--
-- It is one autocommit statement, because a process frozen inside an open transaction would hold the cursor's lock.
WITH
-- The fence: only the owner of the epoch, standing where it believes to stand, moves the cursor.
advanced AS (
    UPDATE register_cursor
    SET next_offset = $5, ballots_from = $6, log_clock = $7, fingerprint = $8,
        counted = counted + $9, duplicate = duplicate + $10, parked = parked + $11,
        flushed_at = clock_timestamp()
    WHERE topic = $1 AND partition = $2 AND next_offset = $3 AND epoch = $4
    RETURNING topic, partition
),
-- The counts, in the order of the primary key.
added AS (
    INSERT INTO bucket AS b (paredao, start, participant, grain, partition, votes)
    SELECT t.paredao, to_timestamp(t.minute * 60.0), t.participant, 'minute', a.partition, t.votes
    FROM advanced AS a, unnest($12::integer[], $13::integer[], $14::integer[], $15::bigint[])
        AS t (paredao, minute, participant, votes)
    ON CONFLICT (paredao, start, participant, grain, partition) DO UPDATE
        SET votes = b.votes + excluded.votes, written_by = excluded.written_by
),
-- What can't be counted, each with its reason.
parked AS (
    INSERT INTO dead_letter (topic, partition, record_offset, appended_at, reason, detail, key, value, key_bytes,
                             value_bytes, ballot_issuer, ballot_sequence, ballot_minute, attempts)
    SELECT a.topic, a.partition, l.*
    FROM advanced AS a,
        unnest($16::bigint[], $17::bigint[], $18::text[], $19::text[], $20::bytea[], $21::bytea[], $22::bigint[],
               $23::bigint[], $24::bigint[], $25::bigint[], $26::integer[], $27::integer[]) AS l
),
-- How far imports went.
gone_on AS (
    INSERT INTO import_position AS p (topic, partition, import, next_line, counted)
    SELECT a.topic, a.partition, i.*
    FROM advanced AS a, unnest($28::integer[], $29::bigint[], $30::bigint[]) AS i
    ON CONFLICT (topic, partition, import) DO UPDATE
        SET next_line = excluded.next_line, counted = p.counted + excluded.counted
)
SELECT count(*) FROM advanced
