-- What is voted on, and what the register writes.

-- Opening and closing are whole minutes; a null opens_at is a draft that hasn't been opened.
CREATE TABLE paredao (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug       text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80),
    title      text        NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    opens_at   timestamptz CHECK (opens_at = date_trunc('minute', opens_at)),
    closes_at  timestamptz CHECK (closes_at = date_trunc('minute', closes_at)),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The transaction that last changed this row: a moved closing changes the totals, so the aggregator looks here too.
    written_by xid8        NOT NULL DEFAULT pg_current_xact_id(),
    CHECK (opens_at < closes_at)
);

-- Pictures are named by their content's hash, so that a browser may keep one for ever.
CREATE TABLE photo (
    hash         text  PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    content_type text  NOT NULL,
    bytes        bytea NOT NULL CHECK (length(bytes) <= 262144)
);

CREATE TABLE participant (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paredao  integer  NOT NULL REFERENCES paredao,
    name     text     NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    position smallint NOT NULL,
    photo    text     REFERENCES photo,
    UNIQUE (paredao, position)
);

-- Where counting stands, per partition. next_offset is the next record to read. Conservation (promise P3):
-- next_offset - start_offset = counted + duplicate + parked + skipped.
CREATE TABLE register_cursor (
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    start_offset bigint  NOT NULL,
    next_offset  bigint  NOT NULL,
    -- Goes up with each claim; a flush under an older epoch is fenced.
    epoch        bigint  NOT NULL,
    owner        text    NOT NULL,
    -- The running maximum of LogAppendTime below next_offset, in milliseconds since the Unix epoch.
    log_clock    bigint  NOT NULL DEFAULT 0,
    -- Of the record at next_offset - 1; null while there is none.
    fingerprint  bigint,
    counted      bigint  NOT NULL DEFAULT 0,
    duplicate    bigint  NOT NULL DEFAULT 0,
    parked       bigint  NOT NULL DEFAULT 0,
    skipped      bigint  NOT NULL DEFAULT 0,
    claimed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    flushed_at   timestamptz,
    PRIMARY KEY (topic, partition),
    CHECK (next_offset - start_offset = counted + duplicate + parked + skipped)
) WITH (fillfactor = 50);

-- What was passed over, by an operator's decision or because the log lost it.
CREATE TABLE skipped (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    from_offset bigint      NOT NULL,
    to_offset   bigint      NOT NULL CHECK (to_offset > from_offset),
    reason      text        NOT NULL,
    who         text        NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);

-- Votes per group. Minutes are compacted into hours, and hours into civil days: the grain says which a row is.
-- The partition is part of the key, so that registers never wait for each other.
CREATE TYPE grain AS ENUM ('minute', 'hour', 'day');

CREATE TABLE bucket (
    paredao     integer     NOT NULL,
    start       timestamptz NOT NULL,
    participant integer     NOT NULL,
    grain       grain       NOT NULL DEFAULT 'minute',
    partition   integer     NOT NULL,
    votes       bigint      NOT NULL CHECK (votes > 0),
    -- The transaction that last wrote this row, by which the aggregator finds what is new.
    written_by  xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (paredao, start, participant, grain, partition)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX bucket_written_by ON bucket (written_by);
-- Compaction looks for old rows of a fine grain.
CREATE INDEX bucket_grain_start ON bucket (grain, start);

-- Records that couldn't be counted, each with its reason; at most 64 KiB of the record is kept.
CREATE TABLE dead_letter (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic           text        NOT NULL,
    partition       integer     NOT NULL,
    record_offset   bigint      NOT NULL,
    -- The broker's LogAppendTime, in milliseconds since the Unix epoch.
    appended_at     bigint      NOT NULL,
    reason          text        NOT NULL,
    detail          text,
    key             bytea,
    value           bytea,
    -- The whole sizes in bytes, which tell whether key or value was cut; null where the record had none.
    key_bytes       bigint,
    value_bytes     bigint,
    -- Of a record that could be decoded: its ballot, so that a rebuilt set of ballots knows it.
    ballot_issuer   bigint,
    ballot_sequence bigint,
    ballot_minute   integer,
    parked_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (topic, partition, record_offset)
);

CREATE INDEX dead_letter_ballot ON dead_letter (topic, partition, ballot_minute) WHERE ballot_minute IS NOT NULL;
