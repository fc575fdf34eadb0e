-- copies: the offsets of dead letters of partition $2 of topic $1 that hold the ballots $3 (minutes), $4 (issuers) and $5
-- (sequences).
SELECT d.ballot_issuer, d.ballot_sequence, d.record_offset
FROM unnest($3::integer[], $4::bigint[], $5::bigint[]) AS b (minute, issuer, sequence)
JOIN dead_letter d ON d.topic = $1 AND d.partition = $2 AND d.ballot_minute = b.minute
                  AND d.ballot_issuer = b.issuer AND d.ballot_sequence = b.sequence
