-- A message is kept with one value and one row: what is to be delivered of it the worker makes from the row itself, in a
-- statement of its own. And whoever was erased stays erased, whatever a worker had in hand in that moment.

-- True until the worker has made its jobs. The code now running makes them itself, and says nothing of it.
ALTER TABLE contact_messages ADD COLUMN untold boolean NOT NULL DEFAULT false;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX contact_messages_untold ON contact_messages (received_at) WHERE untold;
GRANT UPDATE (untold) ON contact_messages TO zichkoding_api;
COMMENT ON COLUMN contact_messages.untold IS 'Its owner is still to be told: the worker makes the jobs.';

-- Who was erased, by pseudonym, for as long as a queue may hold something of before.
CREATE TABLE erased_people (
    person text PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE, UPDATE (erased_at) ON erased_people TO zichkoding_api;

-- As before, one name after the other again: two small plans that are kept cost less than one that joins and sums.
CREATE OR REPLACE FUNCTION take_tokens(
    names text[], burst double precision, per_second double precision, credit double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    least_left double precision := burst;
    still double precision;
    one text;
    moment timestamptz := clock_timestamp();
BEGIN
    -- The caller gives the names in order, so that two senders never wait for each other's second bucket.
    FOREACH one IN ARRAY names LOOP
        INSERT INTO rate_buckets AS bucket (name, tokens, counted_at) VALUES (one, burst - 1, moment)
        ON CONFLICT (name) DO UPDATE SET
            tokens = greatest(
                least(
                    burst,
                    bucket.tokens
                    + per_second * greatest(extract(epoch FROM moment - bucket.counted_at), 0)
                ) - 1,
                -credit - 1
            ),
            counted_at = moment
        RETURNING bucket.tokens INTO still;
        least_left := least(least_left, still);
    END LOOP;
    RETURN least_left;
END
$$;

-- What the emptiest bucket has left: as somebody else counted it, or by taking it here.
CREATE FUNCTION tokens_left(
    known double precision, names text[], burst double precision, per_second double precision, credit double precision
) RETURNS double precision LANGUAGE sql AS $$
    SELECT coalesce(known, take_tokens(names, burst, per_second, credit))
$$;

-- Keep a message and say what became of it: `new`, `known`, `limited`, or `erased` for one that had waited too long.
-- One value and not nineteen: what the driver, the parser and the planner do for each is more than reading it here.
CREATE FUNCTION keep_message(given jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    key uuid := (given ->> 'key')::uuid;
    received timestamptz := (given ->> 'received')::timestamptz;
    credit double precision := (given ->> 'credit')::double precision;
    tokens double precision := (given ->> 'tokens')::double precision;
    points integer := (given ->> 'points')::integer;
    reasons text := given ->> 'reasons';
    given_digest bytea := decode(given ->> 'digest', 'hex');
    copies integer;
    given_label text := 'canary';
BEGIN
    -- Only what waited can be older than an erasure. Whoever erases waits for the lock, and then sees what was kept.
    IF given ? 'person' THEN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(given ->> 'person', 0));
        IF EXISTS (SELECT FROM erased_people WHERE person = given ->> 'person' AND erased_at >= received) THEN
            RETURN 'erased';
        END IF;
    END IF;
    IF EXISTS (SELECT FROM contact_messages WHERE idempotency_key = key)
        OR EXISTS (SELECT FROM contact_tombstones WHERE idempotency_key = key) THEN
        RETURN 'known';
    END IF;

    IF NOT (given ->> 'canary')::boolean THEN
        IF tokens IS NULL THEN
            tokens := take_tokens(
                string_to_array(given ->> 'buckets', ','),
                (given ->> 'burst')::double precision, (given ->> 'per_second')::double precision, credit
            );
        END IF;
        IF tokens < -credit THEN
            RETURN 'limited';
        END IF;
        SELECT count(*) INTO copies FROM (
            SELECT FROM contact_messages AS message
            WHERE message.digest = given_digest AND message.received_at > now() - interval '7 days'
            LIMIT 3
        ) AS alike;
        IF copies > 0 THEN
            points := points + copies * (given ->> 'copy_points')::integer;
            reasons := concat_ws('; ', nullif(reasons, ''), 'the same text came before');
        END IF;
        IF tokens < 0 THEN
            points := points + (given ->> 'debt_points')::integer;
            reasons := concat_ws('; ', nullif(reasons, ''), 'many messages in a short time');
        END IF;
        given_label := CASE WHEN points >= (given ->> 'spam_at')::integer THEN 'spam' ELSE 'ham' END;
    END IF;

    INSERT INTO contact_messages (
        id, idempotency_key, received_at, name, email, subject, message, digest, points, label, label_reason, untold
    ) VALUES (
        (given ->> 'id')::uuid, key, received, given ->> 'name', given ->> 'email', given ->> 'subject',
        given ->> 'message', given_digest, points, given_label, reasons, given_label <> 'spam'
    )
    ON CONFLICT (idempotency_key) DO NOTHING;
    -- Where another request kept it a moment ago, nothing was inserted.
    RETURN CASE WHEN FOUND THEN 'new' ELSE 'known' END;
END
$$;

CREATE OR REPLACE FUNCTION erase_person(
    given_email text, given_person text, given_actor text, OUT receipt uuid, OUT erased_at timestamptz, OUT counts jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    address text := lower(given_email);
    found bigint;
BEGIN
    -- What a worker is writing of this person is waited for, and deleted; what it would write afterwards is refused.
    PERFORM pg_advisory_xact_lock(hashtextextended(given_person, 0));
    INSERT INTO erased_people AS before (person, erased_at) VALUES (given_person, clock_timestamp())
    ON CONFLICT (person) DO UPDATE SET erased_at = clock_timestamp();
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
