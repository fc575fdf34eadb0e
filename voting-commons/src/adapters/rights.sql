-- Who may do what with which table: all that a service may, and nothing that it needn't. docs/access.md shows it as a table.
-- Each service has a role of its own name. `production-frontend migrate --service-roles` runs this after the migrations, as the
-- owner of the database, and everything here holds from one moment to the next.
DO $$
DECLARE
    service text;
    granted record;
BEGIN
    -- Two that run at once would stumble over each other.
    PERFORM pg_advisory_xact_lock(hashtextextended('service rights', 0));
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());

    FOREACH service IN ARRAY ARRAY['voters-frontend', 'votes-register', 'votes-aggregator', 'production-frontend'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
            RAISE EXCEPTION 'there is no role %', service;
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', service);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', service);
    END LOOP;

    FOR granted IN
        SELECT * FROM (VALUES
            -- What voters are shown.
            ('voters-frontend', 'paredao', 'SELECT'),
            ('voters-frontend', 'participant', 'SELECT'),
            ('voters-frontend', 'photo', 'SELECT'),
            ('voters-frontend', 'panorama', 'SELECT'),
            ('voters-frontend', 'panorama_share', 'SELECT'),

            -- Counts and cursors, and what operators command in its name. A log that is replaced is kept under another topic's name.
            -- `replayed` is locked while a partition is derived anew, and a paredão marked whose counts were.
            ('votes-register', 'register_cursor', 'SELECT, INSERT, UPDATE'),
            ('votes-register', 'bucket', 'SELECT, INSERT, UPDATE, DELETE'),
            ('votes-register', 'dead_letter', 'SELECT, INSERT, UPDATE (topic)'),
            ('votes-register', 'replayed', 'SELECT, INSERT, UPDATE'),
            ('votes-register', 'replay_request', 'SELECT, UPDATE'),
            ('votes-register', 'replay_outcome', 'INSERT'),
            ('votes-register', 'skipped', 'SELECT, INSERT, UPDATE (topic)'),
            ('votes-register', 'register_control', 'SELECT, INSERT, DELETE'),
            ('votes-register', 'register_status', 'SELECT, INSERT, UPDATE'),
            ('votes-register', 'import', 'SELECT'),
            ('votes-register', 'import_position', 'SELECT, INSERT, UPDATE'),
            ('votes-register', 'paredao', 'SELECT, UPDATE (written_by)'),
            ('votes-register', 'publication', 'SELECT (paredao)'),
            ('votes-register', 'audit', 'INSERT'),
            ('votes-register', '_sqlx_migrations', 'SELECT (version)'),

            -- What is computed from counts, and compaction of them; the reconciliation's own tables.
            ('votes-aggregator', 'bucket', 'SELECT, INSERT, UPDATE, DELETE'),
            ('votes-aggregator', 'hour_total', 'SELECT, INSERT, UPDATE, DELETE'),
            ('votes-aggregator', 'panorama', 'SELECT, INSERT, UPDATE'),
            ('votes-aggregator', 'panorama_share', 'SELECT, INSERT, UPDATE'),
            ('votes-aggregator', 'aggregator_state', 'SELECT, UPDATE'),
            ('votes-aggregator', 'paredao', 'SELECT'),
            ('votes-aggregator', 'participant', 'SELECT'),
            ('votes-aggregator', 'register_cursor', 'SELECT'),
            ('votes-aggregator', 'dead_letter', 'SELECT'),
            ('votes-aggregator', 'replayed', 'SELECT'),
            ('votes-aggregator', 'skipped', 'SELECT'),
            ('votes-aggregator', 'import', 'SELECT'),
            ('votes-aggregator', 'log_position', 'SELECT, INSERT, UPDATE, DELETE'),
            ('votes-aggregator', 'log_minute', 'SELECT, INSERT, UPDATE, DELETE'),
            ('votes-aggregator', 'log_import', 'SELECT, INSERT, UPDATE'),
            ('votes-aggregator', 'reconciliation', 'SELECT, UPDATE'),
            ('votes-aggregator', 'reconciliation_finding', 'INSERT, DELETE'),

            -- Paredões and people are its own; of the count it reads everything and writes nothing but what registers are asked for.
            ('production-frontend', 'paredao', 'SELECT, INSERT, UPDATE, DELETE'),
            ('production-frontend', 'participant', 'SELECT, INSERT, UPDATE, DELETE'),
            ('production-frontend', 'photo', 'SELECT, INSERT'),
            ('production-frontend', 'panorama', 'SELECT, DELETE'),
            ('production-frontend', 'panorama_share', 'SELECT, DELETE'),
            ('production-frontend', 'producer', 'SELECT, INSERT, UPDATE'),
            ('production-frontend', 'session', 'SELECT, INSERT, DELETE'),
            ('production-frontend', 'api_token', 'SELECT, INSERT, UPDATE, DELETE'),
            ('production-frontend', 'audit', 'SELECT, INSERT'),
            ('production-frontend', 'import', 'SELECT, INSERT, UPDATE'),
            ('production-frontend', 'publication_proposal', 'SELECT, INSERT, UPDATE'),
            ('production-frontend', 'publication', 'SELECT, INSERT'),
            ('production-frontend', 'register_control', 'SELECT, INSERT, DELETE'),
            ('production-frontend', 'replay_request', 'SELECT, INSERT'),
            ('production-frontend', 'replay_outcome', 'SELECT'),
            ('production-frontend', 'bucket', 'SELECT'),
            ('production-frontend', 'register_cursor', 'SELECT'),
            ('production-frontend', 'register_status', 'SELECT'),
            ('production-frontend', 'dead_letter', 'SELECT'),
            ('production-frontend', 'replayed', 'SELECT'),
            ('production-frontend', 'import_position', 'SELECT'),
            ('production-frontend', 'aggregator_state', 'SELECT'),
            ('production-frontend', 'reconciliation', 'SELECT'),
            ('production-frontend', 'reconciliation_finding', 'SELECT'),
            ('production-frontend', '_sqlx_migrations', 'SELECT (version)')
        ) AS rights (role, relation, privileges)
    LOOP
        EXECUTE format('GRANT %s ON %I TO %I', granted.privileges, granted.relation, granted.role);
    END LOOP;
END
$$
