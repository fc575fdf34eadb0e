-- Where an operator accepted a new log, the old one's cursor is kept under <topic>@<epoch>, and the reader of the topic begins
-- again: this many old logs were kept when it began, and it judges minutes from this one on.
ALTER TABLE log_position
    ADD COLUMN former_logs bigint NOT NULL DEFAULT 0,
    ADD COLUMN first_minute integer NOT NULL DEFAULT 0;
