-- Enters what voters' frontends knew of paredões into a database that was restored, with the numbers by which votes name them and their
-- participants: what is missing, and what isn't as it was. docs/runbook.md says when, and puts what `GET /api/v1/paredoes` answered into the
-- temporary table `saved_document` before. What is published stays as it is.

CREATE TEMPORARY TABLE saved_paredao AS
SELECT saved.*
FROM saved_document, jsonb_to_recordset(paredoes) AS saved (
    id integer, slug text, title text, opens_at timestamptz, closes_at timestamptz, visibility text, shards smallint, participants jsonb
)
WHERE NOT EXISTS (SELECT FROM publication WHERE paredao = saved.id);

-- A picture that came after the backup isn't there, and a participant needs none.
CREATE TEMPORARY TABLE saved_participant AS
SELECT (one ->> 'id')::integer AS id, saved_paredao.id AS paredao, one ->> 'name' AS name, position, photo.hash AS photo
FROM saved_paredao
CROSS JOIN jsonb_array_elements(participants) WITH ORDINALITY AS participants (one, position)
LEFT JOIN photo ON '/photos/' || photo.hash = one ->> 'photo_url';

INSERT INTO paredao (id, slug, title, opens_at, closes_at, visibility, shards) OVERRIDING SYSTEM VALUE
SELECT id, slug, title, opens_at, closes_at, visibility, shards FROM saved_paredao
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, opens_at = excluded.opens_at,
    closes_at = excluded.closes_at, visibility = excluded.visibility, shards = excluded.shards;

-- The percentages are computed anew.
DELETE FROM panorama_share WHERE paredao IN (SELECT id FROM saved_paredao);
DELETE FROM participant
WHERE paredao IN (SELECT id FROM saved_paredao) AND id NOT IN (SELECT id FROM saved_participant);
-- Nobody stands where somebody else is about to.
UPDATE participant SET position = -position WHERE paredao IN (SELECT id FROM saved_paredao);
INSERT INTO participant (id, paredao, name, position, photo) OVERRIDING SYSTEM VALUE
SELECT id, paredao, name, position, photo FROM saved_participant
ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position, photo = excluded.photo;

-- Numbers that were given out after the backup aren't given out again.
SELECT name, setval(pg_get_serial_sequence(name, 'id'), coalesce(last, 0) + 1000) AS last
FROM (
    SELECT 'paredao' AS name, max(id) AS last FROM paredao
    UNION ALL SELECT 'participant', max(id) FROM participant
    UNION ALL SELECT 'import', max(id) FROM import
) AS numbers;
