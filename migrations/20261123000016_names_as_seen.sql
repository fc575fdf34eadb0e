-- Of two users of whom one is called Maria and one maria, nobody could say who did what.

-- Alike are names that differ only in case.
CREATE COLLATION as_seen (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

CREATE UNIQUE INDEX producer_name_as_seen ON producer (name COLLATE as_seen);
CREATE UNIQUE INDEX api_token_name_as_seen ON api_token (name COLLATE as_seen);
