-- rebuild: the buckets of partition $2 as the log says, with the votes of topic $1 that were replayed into it.
WITH replays AS (
    SELECT paredao, participant, minute, count(*)::bigint AS votes
    FROM replayed WHERE topic = $1 AND partition = $2
    GROUP BY paredao, participant, minute
),
added AS (
    INSERT INTO bucket (paredao, start, participant, grain, partition, votes)
    SELECT v.paredao, to_timestamp(v.minute * 60.0), v.participant, 'minute', $2, sum(v.votes)
    FROM (
        SELECT * FROM unnest($3::integer[], $4::integer[], $5::integer[], $6::bigint[])
            AS log (paredao, participant, minute, votes)
        UNION ALL
        SELECT * FROM replays
    ) AS v
    GROUP BY v.paredao, v.minute, v.participant
    ORDER BY v.paredao, v.minute, v.participant
    RETURNING votes
)
SELECT (SELECT coalesce(sum(votes), 0) FROM added)::bigint AS votes,
       (SELECT coalesce(sum(votes), 0) FROM replays)::bigint AS replayed
