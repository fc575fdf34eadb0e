-- Who may look at exact totals, and open and close.

CREATE TABLE producer (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- A session's cookie and a script's token are random; only their SHA-256 is kept.
CREATE TABLE session (
    token_hash bytea       PRIMARY KEY,
    producer   integer     NOT NULL REFERENCES producer ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE TABLE api_token (
    token_hash bytea       PRIMARY KEY,
    name       text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- However a paredão is changed, the aggregator must see it: whoever forgets written_by would leave old totals standing.
CREATE FUNCTION stamp_paredao() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.written_by := pg_current_xact_id();
    RETURN NEW;
END
$$;

CREATE TRIGGER paredao_written_by BEFORE INSERT OR UPDATE ON paredao FOR EACH ROW EXECUTE FUNCTION stamp_paredao();
