-- create: a paredão with its participants, in the order given, and their pictures. Null $3 or $4 are times not set;
-- times are seconds since the Unix epoch. $8 is over how many keys votes are spread, $9 who may see percentages.
WITH made AS (
    INSERT INTO paredao (slug, title, opens_at, closes_at, shards, visibility)
    VALUES ($1, $2, to_timestamp($3::bigint), to_timestamp($4::bigint), $8, $9)
    RETURNING id
),
-- One picture may be several participants', and of several paredões.
pictures AS (
    INSERT INTO photo (hash, content_type, bytes)
    SELECT DISTINCT ON (hash) hash, 'image/jpeg', bytes
    FROM unnest($6::text[], $7::bytea[]) AS n (hash, bytes)
    WHERE hash IS NOT NULL
    ORDER BY hash
    ON CONFLICT (hash) DO NOTHING
)
INSERT INTO participant (paredao, name, position, photo)
SELECT made.id, n.name, n.position, n.hash
FROM made, unnest($5::text[], $6::text[]) WITH ORDINALITY AS n (name, hash, position)
