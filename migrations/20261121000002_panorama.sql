-- What the aggregator writes: always absolute sums, never deltas.

CREATE TABLE hour_total (
    paredao     integer     NOT NULL,
    hour        timestamptz NOT NULL,
    participant integer     NOT NULL,
    -- Votes of minutes before closes_at.
    votes       bigint      NOT NULL,
    -- Votes of minutes at or after closes_at, if ever any.
    after_closing bigint    NOT NULL DEFAULT 0,
    PRIMARY KEY (paredao, hour, participant)
);

-- A paredão's cached percentages. The revision goes up with every change; its upper half is the database's timeline,
-- so that it still goes up after a failover that lost commits.
CREATE TABLE panorama (
    paredao  integer     PRIMARY KEY REFERENCES paredao,
    revision bigint      NOT NULL,
    -- When the database was last read, though nothing changed.
    as_of    timestamptz NOT NULL,
    total    bigint      NOT NULL,
    after_closing bigint NOT NULL DEFAULT 0
    -- as_of is written every second: room in the page keeps those updates off the index.
) WITH (fillfactor = 50);

CREATE TABLE panorama_share (
    paredao     integer  NOT NULL REFERENCES panorama,
    participant integer  NOT NULL REFERENCES participant,
    votes       bigint   NOT NULL,
    -- Hundredths of a percent: the largest remainder makes them sum to 10,000.
    hundredths  smallint NOT NULL,
    PRIMARY KEY (paredao, participant)
);

-- One row: up to where the aggregator has seen the database, and which database that was. The row is there from the start,
-- all zeros, so that the first run too is one that finds another database and recomputes everything.
CREATE TABLE aggregator_state (
    one               boolean     PRIMARY KEY DEFAULT true CHECK (one),
    system_identifier bigint      NOT NULL,
    -- Goes up with each failover.
    timeline          integer     NOT NULL,
    -- Everything written by a transaction below this was seen.
    seen_below        xid8        NOT NULL,
    -- The largest revision ever given out.
    revision          bigint      NOT NULL,
    ran_at            timestamptz NOT NULL
) WITH (fillfactor = 50);

INSERT INTO aggregator_state (system_identifier, timeline, seen_below, revision, ran_at) VALUES (0, 0, '0', 0, now());
