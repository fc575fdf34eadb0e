-- paredoes: the newest $2 paredões, or the one whose slug is $1, with a row for each participant. The database's clock
-- is the one by which paredões open and close.
WITH shown AS (
    SELECT id, slug, title, opens_at, closes_at, shards, visibility, created_at, written_by
    FROM paredao
    WHERE $1::text IS NULL OR slug = $1
    ORDER BY created_at DESC, id DESC
    LIMIT $2
)
SELECT p.id, p.slug, p.title, p.shards, p.visibility, p.written_by::text AS "revision!",
       extract(epoch FROM p.opens_at)::bigint AS opens_at,
       extract(epoch FROM p.closes_at)::bigint AS closes_at,
       EXISTS (SELECT FROM publication r WHERE r.paredao = p.id) AS "is_published!",
       floor(extract(epoch FROM now()) * 1000)::bigint AS "now!",
       c.id AS "participant?", c.name AS "name?", c.photo
FROM shown p
LEFT JOIN participant c ON c.paredao = p.id
ORDER BY p.created_at DESC, p.id DESC, c.position
