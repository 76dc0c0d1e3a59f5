-- Keeping a message costs less: both buckets in one statement, and no index of what a job about a message never has.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX outbox_message;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX outbox_recipient;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX outbox_subscription;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_message ON outbox (message_id) WHERE message_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_recipient ON outbox (lower(recipient)) WHERE recipient <> '';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_subscription ON outbox (subscription_id) WHERE subscription_id IS NOT NULL;

CREATE OR REPLACE FUNCTION take_tokens(
    names text[], burst double precision, per_second double precision, credit double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    least_left double precision;
BEGIN
    WITH taken AS (
        INSERT INTO rate_buckets AS bucket (name, tokens, counted_at)
        -- The caller gives the names in order, so that two senders never wait for each other's second bucket.
        SELECT one, burst - 1, clock_timestamp() FROM unnest(names) AS one
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
        RETURNING bucket.tokens AS still
    )
    SELECT least(burst, min(still)) INTO least_left FROM taken;
    RETURN least_left;
END
$$;
