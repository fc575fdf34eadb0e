-- Reconciliation: what an independent reader counted in the topic of the votes, and whether everything agrees.

-- Where the reader stands, per partition, and what it has met below next_offset. Its numbers say what the register's
-- tables must hold at the same offset.
CREATE TABLE log_position (
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    start_offset bigint  NOT NULL,
    next_offset  bigint  NOT NULL,
    -- LogAppendTime of the first record, and the running maximum below next_offset, in milliseconds since the Unix epoch.
    first_stamp  bigint  NOT NULL,
    log_clock    bigint  NOT NULL,
    -- First copies of ballots within their window.
    countable    bigint  NOT NULL,
    duplicate    bigint  NOT NULL,
    -- Votes that came too late or from the future.
    untimely     bigint  NOT NULL,
    undecodable  bigint  NOT NULL,
    -- Offsets at which the log held nothing.
    missing      bigint  NOT NULL,
    PRIMARY KEY (topic, partition),
    CHECK (next_offset - start_offset = countable + duplicate + untimely + undecodable + missing)
) WITH (fillfactor = 50);

-- The votes met, by minute since the Unix epoch.
CREATE TABLE log_minute (
    topic     text    NOT NULL,
    partition integer NOT NULL,
    paredao   integer NOT NULL,
    minute    integer NOT NULL,
    -- All records, copies and untimely ones included.
    records   bigint  NOT NULL,
    -- First copies of ballots within their window.
    countable bigint  NOT NULL,
    PRIMARY KEY (topic, minute, paredao, partition)
) WITH (fillfactor = 70);

-- One row: what the last look said, and which reader has its turn until when.
CREATE TABLE reconciliation (
    one         boolean     PRIMARY KEY DEFAULT true CHECK (one),
    reader      text        NOT NULL DEFAULT '',
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    -- Null until the first look.
    checked_at  timestamptz,
    state       text        NOT NULL DEFAULT 'catching_up' CHECK (state IN ('green', 'catching_up', 'red')),
    -- For how long something couldn't be compared; 0 unless catching up.
    behind_seconds bigint   NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

INSERT INTO reconciliation DEFAULT VALUES;

-- What doesn't agree, or can't be known. Which columns are null depends on the kind.
CREATE TABLE reconciliation_finding (
    id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text    NOT NULL,
    partition   integer,
    paredao     integer,
    -- Minutes since the Unix epoch, from minute up to before to_minute.
    minute      integer,
    to_minute   integer,
    -- A frontend's process.
    boot        text,
    expected    bigint,
    found       bigint
);
