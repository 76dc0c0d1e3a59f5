-- A message comes as parameters of their own types: reading them out of JSON was a tenth of what keeping one costs here.
-- It takes the place of accept_message(jsonb), which stays for the code now running, and does the same.
CREATE FUNCTION accept_message(
    key uuid,
    -- When it came, where that was not just now.
    received timestamptz,
    name text, email text, subject text, message text, digest bytea,
    canary boolean, points integer, reasons text,
    -- What it costs: the buckets' names with commas between, or what is left in them where another store has them.
    buckets text, tokens double precision,
    burst double precision, per_second double precision, credit double precision,
    spam_at integer, debt_points integer,
    -- Of what waited in the queue: the pseudonym under which its sender may have been erased meanwhile.
    waited_from text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    given_label text := 'canary';
BEGIN
    -- Only what waited can be older than an erasure. Whoever erases waits for the lock, and then sees what was kept.
    IF waited_from IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(waited_from, 0));
        IF EXISTS (SELECT FROM erased_people WHERE person = waited_from AND erased_at >= received) THEN
            RETURN 'erased';
        END IF;
    END IF;
    IF EXISTS (SELECT FROM contact_messages WHERE idempotency_key = key)
        OR EXISTS (SELECT FROM contact_tombstones WHERE idempotency_key = key) THEN
        RETURN 'known';
    END IF;

    IF NOT canary THEN
        IF tokens IS NULL THEN
            tokens := take_tokens(string_to_array(buckets, ','), burst, per_second, credit);
        END IF;
        IF tokens < -credit THEN
            RETURN 'limited';
        END IF;
        IF tokens < 0 THEN
            points := points + debt_points;
            reasons := concat_ws('; ', nullif(reasons, ''), 'many messages in a short time');
        END IF;
        given_label := CASE WHEN points >= spam_at THEN 'spam' ELSE 'ham' END;
    END IF;

    INSERT INTO contact_messages (
        id, idempotency_key, received_at, name, email, subject, message, digest, points, label, label_reason, untold
    ) VALUES (
        key, key, coalesce(received, now()), name, email, subject, message, digest, points, given_label, reasons, true
    )
    ON CONFLICT DO NOTHING;
    -- Where another request kept it a moment ago, nothing was inserted.
    RETURN CASE WHEN FOUND THEN 'new' ELSE 'known' END;
END
$$;
