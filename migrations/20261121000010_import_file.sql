-- An import is of one file: another one's lines under the same numbers would be taken for repeats and not counted.

ALTER TABLE import ADD COLUMN file_sha256 text CHECK (file_sha256 ~ '^[0-9a-f]{64}$');

-- What was counted of it, so that whoever wrote the lines learns whether each was.
ALTER TABLE import_position ADD COLUMN counted bigint NOT NULL DEFAULT 0;
