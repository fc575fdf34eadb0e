-- parked_ballots: the ballots of parked votes that aren't late yet; the partial index finds them by minute.
SELECT ballot_minute, ballot_issuer, ballot_sequence
FROM dead_letter
WHERE topic = $1 AND partition = $2 AND ballot_minute >= $3
