-- The role as which the API connects: it owns nothing, and may do what its statements do and no more. Who migrates
-- gives it a password (`migrate.py apply` with API_PASSWORD); until then nobody signs in as it.
DO $$
BEGIN
    CREATE ROLE zichkoding_api NOLOGIN;
EXCEPTION
    -- Roles belong to the server: another database's migrations may have made it, in this moment too.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- What was sent is never rewritten: a message's label and state change, its words do not.
GRANT SELECT, INSERT, DELETE, UPDATE (label, label_reason, done_at) ON contact_messages TO zichkoding_api;
GRANT SELECT, INSERT, DELETE ON contact_tombstones TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (tokens, counted_at) ON rate_buckets TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (state, attempts, due_at, ended_at, last_error, recipient, details)
ON outbox TO zichkoding_api;
GRANT SELECT, INSERT, UPDATE (ran_at) ON schedules TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (state, mailed_at, confirmed_at) ON newsletter_subscriptions TO zichkoding_api;
GRANT SELECT, INSERT, UPDATE (sent_at) ON announcements TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (name, role, seen_at) ON members TO zichkoding_api;
-- What hangs on a member goes with it, by the owner's right.
GRANT SELECT, INSERT ON identities TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (token_hash, previous_hash, rotated_at, expires_at) ON sessions TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON sign_in_links TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (title) ON saved_posts TO zichkoding_api;
GRANT SELECT, INSERT, DELETE, UPDATE (secret_hash, previous_hash, previous_until) ON api_keys TO zichkoding_api;
-- Written and in the end forgotten, but neither read nor rewritten.
GRANT INSERT, DELETE, SELECT (id, at) ON audit TO zichkoding_api;
GRANT SELECT ON schema_migrations TO zichkoding_api;
