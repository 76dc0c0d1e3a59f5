-- Members: who they are, how they sign in, what they saved. All of it hangs on the member and goes with it.
CREATE TABLE members (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    name text NOT NULL DEFAULT '' CHECK (char_length(name) <= 100),
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'editor', 'admin')),
    since timestamptz NOT NULL DEFAULT now(),
    -- To the day: an account that nobody uses any more is deleted in the end.
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX members_email ON members (lower(email));

-- Who an issuer says somebody is: its own name for them, which never changes, unlike an address.
CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_member ON identities (member_id);

-- The hash of what the cookie holds; a copy of this table signs nobody in.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    -- The one before, good for a minute more: requests that were on their way when it was replaced.
    previous_hash bytea,
    member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    made_at timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '30 days'
);
CREATE INDEX sessions_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX sessions_member ON sessions (member_id);

CREATE TABLE sign_in_links (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL,
    next text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '15 minutes',
    used_at timestamptz
);
CREATE INDEX sign_in_links_email ON sign_in_links (lower(email));

CREATE TABLE saved_posts (
    member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    path text NOT NULL,
    title text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (member_id, path)
);

-- Keys of programs: hashed, for some scopes only, with an end, and replaced without a gap.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    scopes text[] NOT NULL,
    secret_hash bytea NOT NULL,
    previous_hash bytea,
    previous_until timestamptz,
    made_by uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX api_keys_made_by ON api_keys (made_by);

-- A line for everything that was found, given back or erased of a person, who is named by a pseudonym only.
CREATE TABLE audit (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL CHECK (action IN ('find', 'export', 'erase')),
    person text NOT NULL,
    counts jsonb NOT NULL
);

-- Delete everything that is held under an address, and return how much that was, by table.
CREATE FUNCTION erase_person(
    given_email text, given_person text, given_actor text, OUT receipt uuid, OUT erased_at timestamptz, OUT counts jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    address text := lower(given_email);
    found bigint;
BEGIN
    counts := '{}';
    INSERT INTO contact_tombstones (idempotency_key)
    SELECT idempotency_key FROM contact_messages WHERE lower(email) = address
    ON CONFLICT DO NOTHING;
    DELETE FROM outbox USING contact_messages AS message
    WHERE outbox.message_id = message.id AND lower(message.email) = address;
    DELETE FROM outbox WHERE lower(recipient) = address OR (state <> 'done' AND strpos(lower(details::text), address) > 0);
    DELETE FROM contact_messages WHERE lower(email) = address;
    GET DIAGNOSTICS found = ROW_COUNT;
    counts := counts || jsonb_build_object('messages', found);
    DELETE FROM newsletter_subscriptions WHERE lower(email) = address;
    GET DIAGNOSTICS found = ROW_COUNT;
    counts := counts || jsonb_build_object('newsletter_subscriptions', found);
    DELETE FROM sign_in_links WHERE lower(email) = address;
    DELETE FROM saved_posts USING members WHERE member_id = members.id AND lower(members.email) = address;
    GET DIAGNOSTICS found = ROW_COUNT;
    counts := counts || jsonb_build_object('saved_posts', found);
    DELETE FROM sessions USING members WHERE member_id = members.id AND lower(members.email) = address;
    GET DIAGNOSTICS found = ROW_COUNT;
    counts := counts || jsonb_build_object('sessions', found);
    DELETE FROM members WHERE lower(email) = address;
    GET DIAGNOSTICS found = ROW_COUNT;
    counts := counts || jsonb_build_object('accounts', found);
    INSERT INTO audit (actor, action, person, counts) VALUES (given_actor, 'erase', given_person, counts)
    RETURNING audit.id, audit.at INTO receipt, erased_at;
END
$$;
