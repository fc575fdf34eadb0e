-- Who may do what, and a log of everything that was done.

-- A viewer reads, an operator runs a paredão and the count, a director also publishes results and says who may come in.
-- Until now everybody could do everything, so they become directors; whoever is added must be given a role.
ALTER TABLE producer
    ADD COLUMN role text NOT NULL DEFAULT 'director' CHECK (role IN ('viewer', 'operator', 'director')),
    ADD COLUMN active boolean NOT NULL DEFAULT true,
    -- Until when a password that somebody else chose lets its user in, to choose their own; null once they have.
    ADD COLUMN one_time_until timestamptz,
    ADD COLUMN last_sign_in_at timestamptz;
ALTER TABLE producer ALTER COLUMN role DROP DEFAULT;

ALTER TABLE api_token
    ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN role text NOT NULL DEFAULT 'director' CHECK (role IN ('viewer', 'operator', 'director'));
ALTER TABLE api_token ALTER COLUMN role DROP DEFAULT;

-- Sessions end with their user's password, and when the user is deactivated.
CREATE INDEX session_producer ON session (producer);

-- The audit was of commands to the registers; it becomes that of every action.
ALTER TABLE audit
    -- How they proved who they are; a stranger didn't.
    ADD COLUMN kind text NOT NULL DEFAULT 'command' CHECK (kind IN ('user', 'token', 'command', 'stranger')),
    -- What it was done to: a paredão's slug, a user's name, a topic with or without a partition.
    ADD COLUMN subject text,
    ADD COLUMN outcome text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused'));
UPDATE audit SET subject = topic || coalesce('/' || partition, '');
ALTER TABLE audit
    ALTER COLUMN subject SET NOT NULL,
    ADD CHECK (length(subject) BETWEEN 1 AND 300),
    DROP COLUMN topic,
    DROP COLUMN partition;

-- What was done stays written, whoever would rather it wasn't.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to';
END
$$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_who ON audit (who, id);
CREATE INDEX audit_subject ON audit (subject, id);
