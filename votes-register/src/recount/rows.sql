-- rows: the buckets of paredão $1, each with the minutes since the Unix epoch that it stands for. $2 is the zone of days.
SELECT partition, participant, votes,
       (extract(epoch FROM start) / 60)::integer AS from_minute,
       (extract(epoch FROM CASE grain
           WHEN 'minute' THEN start + interval '1 minute'
           WHEN 'hour' THEN start + interval '1 hour'
           ELSE (start AT TIME ZONE $2 + interval '1 day') AT TIME ZONE $2
       END) / 60)::integer AS to_minute
FROM bucket
WHERE paredao = $1
