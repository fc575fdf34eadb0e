-- edit_participants: those who stand in paredão $1, in the order of $2, with their pictures' hashes in $3 and, of new pictures,
-- the bytes in $4. Whoever keeps their name keeps their id; the others were deleted before.
WITH given AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS n (name, hash, bytes, position)
),
pictures AS (
    INSERT INTO photo (hash, content_type, bytes)
    SELECT DISTINCT ON (hash) hash, 'image/jpeg', bytes FROM given WHERE bytes IS NOT NULL
    ORDER BY hash
    ON CONFLICT (hash) DO NOTHING
),
kept AS (
    UPDATE participant c SET position = n.position, photo = n.hash
    FROM given n
    WHERE c.paredao = $1 AND c.name = n.name
    RETURNING c.name
)
INSERT INTO participant (paredao, name, position, photo)
SELECT $1, n.name, n.position, n.hash FROM given n
WHERE n.name NOT IN (SELECT name FROM kept)
