-- The newsletter: who asked for it and confirmed it, and which posts were announced.
CREATE TABLE newsletter_subscriptions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'confirmed')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    -- When the last mail about the subscription itself was sent: nobody's letter box is filled by others.
    mailed_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);
-- One address is one subscription, however it is spelled.
CREATE UNIQUE INDEX newsletter_subscriptions_email ON newsletter_subscriptions (lower(email));
CREATE INDEX newsletter_subscriptions_confirmed ON newsletter_subscriptions (id) WHERE state = 'confirmed';

CREATE TABLE announcements (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    url text NOT NULL UNIQUE,
    title text NOT NULL,
    summary text NOT NULL DEFAULT '',
    found_at timestamptz NOT NULL DEFAULT now(),
    -- Prepared until its owner sends it; what was there before the newsletter is never sent.
    sent_at timestamptz
);

-- Who ends a subscription gets nothing more of what was waiting for them.
ALTER TABLE outbox ADD COLUMN subscription_id uuid;
ALTER TABLE outbox
    ADD CONSTRAINT outbox_subscription FOREIGN KEY (subscription_id)
    REFERENCES newsletter_subscriptions (id) ON DELETE CASCADE NOT VALID;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_subscription ON outbox (subscription_id);
