-- Who may see a paredão's percentages besides production. Until now everybody could, at any time.
ALTER TABLE paredao ADD COLUMN visibility text NOT NULL DEFAULT 'always'
    CHECK (visibility IN ('always', 'after_voting', 'after_closing', 'production'));
