-- A message is accepted first and judged to the end afterwards: how many others say the same is asked by the worker, in
-- the statement in which it makes the jobs, so before anybody is told. What the message says of itself, and its sender's
-- debt, still make its label at once.
GRANT UPDATE (points) ON contact_messages TO zichkoding_api;
COMMENT ON COLUMN contact_messages.untold IS 'The worker is still to compare it with the others and to make its jobs.';

-- Keep a message and say what became of it: `new`, `known`, `limited`, or `erased` for one that had waited too long.
-- It takes the place of keep_message(), which stays for the code now running. The key is the id as well.
CREATE FUNCTION accept_message(given jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    key uuid := (given ->> 'key')::uuid;
    received timestamptz := (given ->> 'received')::timestamptz;
    credit double precision := (given ->> 'credit')::double precision;
    tokens double precision := (given ->> 'tokens')::double precision;
    points integer := (given ->> 'points')::integer;
    reasons text := given ->> 'reasons';
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
        IF tokens < 0 THEN
            points := points + (given ->> 'debt_points')::integer;
            reasons := concat_ws('; ', nullif(reasons, ''), 'many messages in a short time');
        END IF;
        given_label := CASE WHEN points >= (given ->> 'spam_at')::integer THEN 'spam' ELSE 'ham' END;
    END IF;

    INSERT INTO contact_messages (
        id, idempotency_key, received_at, name, email, subject, message, digest, points, label, label_reason, untold
    ) VALUES (
        key, key, received, given ->> 'name', given ->> 'email', given ->> 'subject',
        given ->> 'message', decode(given ->> 'digest', 'hex'), points, given_label, reasons, true
    )
    ON CONFLICT DO NOTHING;
    -- Where another request kept it a moment ago, nothing was inserted.
    RETURN CASE WHEN FOUND THEN 'new' ELSE 'known' END;
END
$$;
