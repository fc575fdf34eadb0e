-- Whose a script's token is, so that it ends when they may come in no more. Null where the command line made it.
ALTER TABLE api_token ADD COLUMN made_by integer REFERENCES producer ON DELETE CASCADE;

-- Of tokens that are there the audit tells: whoever made a token last gave it its secret.
UPDATE api_token t SET made_by = p.id
FROM (SELECT DISTINCT ON (subject) subject, who, kind FROM audit WHERE action = 'add_token' ORDER BY subject, id DESC) a
JOIN producer p ON p.name = a.who
WHERE a.subject = t.name AND a.kind = 'user';

CREATE INDEX api_token_made_by ON api_token (made_by);
