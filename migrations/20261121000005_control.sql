-- Steering the registers: who paused what, how each partition fares, what operators decided.

-- What stands still by an operator's wish, for as long as its row is there.
CREATE TABLE register_control (
    topic     text        NOT NULL,
    -- Null means all of the topic's partitions.
    partition integer     CHECK (partition >= 0),
    who       text        NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE NULLS NOT DISTINCT (topic, partition)
);

-- What the owner of each partition says of it every two seconds. Nothing is decided by it but whether an operator's
-- command is in place: the position is the cursor's.
CREATE TABLE register_status (
    topic          text        NOT NULL,
    partition      integer     NOT NULL,
    node           text        NOT NULL,
    -- Of the owner's claim: what it says of an older one is out of date.
    epoch          bigint      NOT NULL,
    state          text        NOT NULL CHECK (state IN ('claiming', 'rebuilding', 'counting', 'paused', 'halted')),
    -- Why it stands still: a stable name, and a sentence.
    halt_code      text,
    halt_reason    text,
    -- The last time that Postgres or Kafka failed this partition; it may be well again.
    last_error     text,
    last_error_at  timestamptz,
    -- The log's ends and the lag, null until the log was looked at.
    low_offset     bigint,
    high_offset    bigint,
    lag_millis     bigint,
    seen_at        timestamptz NOT NULL,
    PRIMARY KEY (topic, partition),
    CHECK ((state = 'halted') = (halt_code IS NOT NULL))
) WITH (fillfactor = 50);

-- Every command that steers, written by the transaction that carries it out.
CREATE TABLE audit (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    who       text        NOT NULL CHECK (length(who) BETWEEN 1 AND 100),
    action    text        NOT NULL,
    topic     text        NOT NULL,
    partition integer,
    detail    jsonb       NOT NULL DEFAULT '{}'
);

-- From here up to the cursor lie all records whose ballots can still be retried: who claims the partition reads them again.
-- An operator who goes on without lost records moves it past them, and the log clock to where every ballot of theirs is late.
ALTER TABLE register_cursor ADD COLUMN ballots_from bigint;
UPDATE register_cursor SET ballots_from = start_offset;
ALTER TABLE register_cursor ALTER COLUMN ballots_from SET NOT NULL,
    ADD CHECK (ballots_from BETWEEN start_offset AND next_offset);

-- Where passing over moved the log clock, so that a recount knows from where on votes are late.
ALTER TABLE skipped ADD COLUMN log_clock bigint;
