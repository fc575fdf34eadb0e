-- When a count is final, and what was published of it.

-- When the log's ends were asked for, by this database's clock: a count is final only by ends that were read after the last
-- ballot's window. Null where nobody said so yet.
ALTER TABLE register_status ADD COLUMN ends_at timestamptz;

-- What somebody wants to publish: the exact numbers, fixed, so that whoever confirms them confirms these.
CREATE TABLE publication_proposal (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paredao      integer     NOT NULL REFERENCES paredao,
    -- Totals, cut and cursors, as `publication/package.rs` has them.
    result       jsonb       NOT NULL,
    -- The hash of what was counted, by which a change shows.
    counted_hash text        NOT NULL CHECK (counted_hash ~ '^[0-9a-f]{64}$'),
    proposed_by  text        NOT NULL,
    proposed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_by text,
    withdrawn_at timestamptz,
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);

-- One at a time.
CREATE UNIQUE INDEX publication_proposal_open ON publication_proposal (paredao) WHERE withdrawn_at IS NULL;

-- A published result: the bytes that were signed, and never others.
CREATE TABLE publication (
    paredao      integer     PRIMARY KEY REFERENCES paredao,
    proposal     bigint      NOT NULL UNIQUE REFERENCES publication_proposal,
    confirmed_by text        NOT NULL,
    published_at timestamptz NOT NULL,
    json         bytea       NOT NULL,
    json_sha256  text        NOT NULL CHECK (json_sha256 ~ '^[0-9a-f]{64}$'),
    csv          bytea       NOT NULL,
    -- Ed25519, of the JSON's bytes.
    signature    bytea       NOT NULL CHECK (length(signature) = 64),
    key_id       text        NOT NULL,
    public_key   bytea       NOT NULL CHECK (length(public_key) = 32)
);

CREATE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was published stays as it is' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER publication_is_immutable BEFORE UPDATE OR DELETE ON publication
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published();

-- The paredão itself too; its written_by may change, by which the aggregator is told to look again.
CREATE FUNCTION keep_published_paredao() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM publication WHERE paredao = OLD.id) THEN
        RAISE EXCEPTION 'what was published stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER published_paredao_is_immutable
    BEFORE UPDATE OF slug, title, opens_at, closes_at, shards, visibility ON paredao
    FOR EACH ROW EXECUTE FUNCTION keep_published_paredao();
