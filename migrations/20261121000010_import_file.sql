-- An import is of one file: another one's lines under the same numbers would be taken for repeats and not counted.

ALTER TABLE import ADD COLUMN file_sha256 text CHECK (file_sha256 ~ '^[0-9a-f]{64}$');
