-- Over how many keys, and so partitions, the votes of one participant and minute are spread.
ALTER TABLE paredao ADD COLUMN shards smallint NOT NULL DEFAULT 1 CHECK (shards BETWEEN 1 AND 64);
