-- Keeping a message in one round trip: limits, label, message and what is to be delivered of it, or none of them.

ALTER TABLE contact_messages
    ADD COLUMN points bigint NOT NULL DEFAULT 0,
    ADD COLUMN digest bytea,
    ADD COLUMN done_at timestamptz;

-- A label more: what we send ourselves, to see that messages arrive. The code now running writes only the other two.
-- squawk-ignore ban-drop-constraint
ALTER TABLE contact_messages DROP CONSTRAINT contact_messages_label_check;
ALTER TABLE contact_messages
    ADD CONSTRAINT contact_messages_label_check CHECK (label IN ('ham', 'spam', 'canary')) NOT VALID;

-- How many messages say the same is asked with each one.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX contact_messages_digest ON contact_messages (digest, received_at);
-- Messages are found, exported and erased by address.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX contact_messages_email ON contact_messages (lower(email));
-- The inbox, newest first, and the retention of spam.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX contact_messages_label_received ON contact_messages (label, received_at);

COMMENT ON COLUMN contact_messages.digest IS 'SHA-256 of the text in lower case: copies are found by it.';
COMMENT ON COLUMN contact_messages.done_at IS 'When its owner had dealt with it.';

-- The key of an erased message, and nothing else of it: a retry or a late copy from the queue does not bring it back.
CREATE TABLE contact_tombstones (
    idempotency_key uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);

-- Unlogged: it costs no wait for the disk, and after a crash everybody starts with a full bucket.
CREATE UNLOGGED TABLE rate_buckets (
    name text PRIMARY KEY,
    tokens double precision NOT NULL,
    counted_at timestamptz NOT NULL
);

CREATE TABLE outbox (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    channel text NOT NULL CHECK (channel IN ('mail', 'webhook', 'sns')),
    template text NOT NULL,
    -- What a job is about is looked up when it is delivered; with what it is about, the job goes too.
    message_id uuid REFERENCES contact_messages (id) ON DELETE CASCADE,
    recipient text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
    attempts bigint NOT NULL DEFAULT 0,
    -- Taking a job puts its next attempt off: whoever dies over it leaves it to the next.
    due_at timestamptz NOT NULL DEFAULT now(),
    last_error text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE INDEX outbox_message ON outbox (message_id);
CREATE INDEX outbox_recipient ON outbox (lower(recipient));

-- When each regular task last ran, so that of several workers one runs it.
CREATE TABLE schedules (
    name text PRIMARY KEY,
    ran_at timestamptz NOT NULL
);

-- Take one token from each bucket and return how many the emptiest has left; below zero is debt, down to the credit.
CREATE FUNCTION take_tokens(
    names text[], burst double precision, per_second double precision, credit double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    least_left double precision := burst;
    still double precision;
    one text;
BEGIN
    -- The caller gives the names in order, so that two senders never wait for each other's second bucket.
    FOREACH one IN ARRAY names LOOP
        INSERT INTO rate_buckets AS bucket (name, tokens, counted_at)
        VALUES (one, burst - 1, clock_timestamp())
        ON CONFLICT (name) DO UPDATE SET
            tokens = greatest(
                least(
                    burst,
                    bucket.tokens
                    + per_second * greatest(extract(epoch FROM clock_timestamp() - bucket.counted_at), 0)
                ) - 1,
                -credit - 1
            ),
            counted_at = clock_timestamp()
        RETURNING bucket.tokens INTO still;
        least_left := least(least_left, still);
    END LOOP;
    RETURN least_left;
END
$$;

CREATE FUNCTION keep_message(
    given_id uuid, given_key uuid, given_received timestamptz,
    given_name text, given_email text, given_subject text, given_message text, given_digest bytea,
    given_canary boolean, given_points integer, given_reasons text[],
    spam_at integer, copy_points integer, debt_points integer,
    buckets text[], burst double precision, per_second double precision, credit double precision,
    channels text[]
) RETURNS TABLE (outcome text, id uuid) LANGUAGE plpgsql AS $$
DECLARE
    known uuid;
    tokens double precision;
    copies integer;
    points integer := given_points;
    reasons text[] := given_reasons;
    label text;
BEGIN
    SELECT message.id INTO known FROM contact_messages AS message WHERE message.idempotency_key = given_key;
    IF NOT FOUND THEN
        SELECT given_id INTO known FROM contact_tombstones AS erased WHERE erased.idempotency_key = given_key;
    END IF;
    IF FOUND THEN
        RETURN QUERY SELECT 'known', known;
        RETURN;
    END IF;

    IF given_canary THEN
        label := 'canary';
    ELSE
        tokens := take_tokens(buckets, burst, per_second, credit);
        IF tokens < -credit THEN
            RETURN QUERY SELECT 'limited', NULL::uuid;
            RETURN;
        END IF;
        SELECT count(*) INTO copies FROM (
            SELECT FROM contact_messages AS message
            WHERE message.digest = given_digest AND message.received_at > now() - interval '7 days'
            LIMIT 3
        ) AS alike;
        IF copies > 0 THEN
            points := points + copies * copy_points;
            reasons := reasons || 'the same text came before'::text;
        END IF;
        IF tokens < 0 THEN
            points := points + debt_points;
            reasons := reasons || 'many messages in a short time'::text;
        END IF;
        label := CASE WHEN points >= spam_at THEN 'spam' ELSE 'ham' END;
    END IF;

    INSERT INTO contact_messages AS message (
        id, idempotency_key, received_at, name, email, subject, message, digest, points, label, label_reason
    ) VALUES (
        given_id, given_key, given_received, given_name, given_email, given_subject, given_message, given_digest,
        points, label, array_to_string(reasons, '; ')
    )
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING message.id INTO known;
    IF NOT FOUND THEN
        -- Another request kept it a moment ago; the next statement sees what that one committed.
        RETURN QUERY SELECT 'known', message.id FROM contact_messages AS message
            WHERE message.idempotency_key = given_key;
        RETURN;
    END IF;

    IF label = 'ham' THEN
        INSERT INTO outbox (channel, template, message_id)
        SELECT channel, 'message', known FROM unnest(channels) AS channel;
    ELSIF label = 'canary' THEN
        INSERT INTO outbox (channel, template, message_id) VALUES ('mail', 'canary', known);
    END IF;
    RETURN QUERY SELECT 'new', known;
END
$$;
