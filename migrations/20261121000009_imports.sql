-- Files of votes that production lets count without ballots.
CREATE TABLE import (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paredao       integer     NOT NULL REFERENCES paredao,
    what          text        NOT NULL CHECK (length(what) BETWEEN 1 AND 200),
    -- Over how many partitions its lines are spread: a line that comes again must go where it went before.
    partitions    integer     CHECK (partitions > 0),
    registered_by text        NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now()
);

-- How far each import was counted, per partition. Lines come in the file's order, so that one below next_line is a repeat.
CREATE TABLE import_position (
    topic     text    NOT NULL,
    partition integer NOT NULL,
    import    integer NOT NULL REFERENCES import,
    next_line bigint  NOT NULL CHECK (next_line > 1),
    PRIMARY KEY (topic, partition, import)
);

-- The same for the reconciliation, which counts the topic by rules of its own.
CREATE TABLE log_import (
    topic     text    NOT NULL,
    partition integer NOT NULL,
    import    integer NOT NULL,
    last_line integer NOT NULL,
    PRIMARY KEY (topic, partition, import)
);
ALTER TABLE log_minute ADD COLUMN imported bigint NOT NULL DEFAULT 0;
