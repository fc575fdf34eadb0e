-- Replaying parked votes: what was replayed, and what production asks registers to replay.

-- How many times Postgres refused the record's data before it was parked; 0 where something else was wrong with it.
ALTER TABLE dead_letter ADD COLUMN attempts integer NOT NULL DEFAULT 0;

-- Parked votes that were counted after all, each written by the statement that adds it to its bucket. The cursor's own
-- numbers don't change by it (promise P3): SUM(bucket.votes) = SUM(register_cursor.counted) + count(replayed).
CREATE TABLE replayed (
    dead_letter     bigint      PRIMARY KEY REFERENCES dead_letter,
    topic           text        NOT NULL,
    -- The bucket that the vote was added to; the minute is counted from the Unix epoch.
    partition       integer     NOT NULL,
    paredao         integer     NOT NULL,
    participant     integer     NOT NULL,
    minute          integer     NOT NULL,
    ballot_issuer   bigint      NOT NULL,
    ballot_sequence bigint      NOT NULL,
    who             text        NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Several copies of one ballot may be parked: whichever is replayed first is the only one.
    CONSTRAINT replayed_ballot UNIQUE (ballot_issuer, ballot_sequence)
);

CREATE INDEX replayed_paredao ON replayed (paredao);

-- What production asks for. Only registers can read the log, so one of them carries it out, a dry run too.
CREATE TABLE replay_request (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Which dead letters: these, or those of a reason; where both are null, all that may be replayed.
    ids          bigint[]    CHECK (cardinality(ids) BETWEEN 1 AND 1000),
    reason       text        CHECK (length(reason) BETWEEN 1 AND 100),
    dry_run      boolean     NOT NULL,
    who          text        NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The register at work. One that stops renewing its lease has died, and another starts over: replays are idempotent.
    node         text,
    lease_until  timestamptz,
    finished_at  timestamptz,
    -- Why it couldn't be carried out.
    error        text,
    CHECK (ids IS NULL OR reason IS NULL)
);

CREATE INDEX replay_request_waiting ON replay_request (id) WHERE finished_at IS NULL;

CREATE TABLE replay_outcome (
    request     bigint NOT NULL REFERENCES replay_request,
    -- As it was asked for: there may be no such dead letter.
    dead_letter bigint NOT NULL,
    -- A stable name: replayed, would_replay, already_replayed, or why it was refused.
    outcome     text   NOT NULL,
    detail      text   NOT NULL,
    PRIMARY KEY (request, dead_letter)
);
