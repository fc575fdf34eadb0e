-- When an import was first begun. A later vote is refused, in each of its runs: were it held against the clock, a line refused today
-- would be a vote tomorrow, behind lines that were counted, and never count.
ALTER TABLE import ADD COLUMN begun_at timestamptz;

-- Nobody knows when these were. What their runs took for votes was before now, and stays one; registered_at would refuse some of what is
-- counted already.
UPDATE import SET begun_at = now() WHERE partitions IS NOT NULL;
