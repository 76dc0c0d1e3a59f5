-- What visitors send. A message is kept before it is acknowledged, and a filter labels it but never removes it.
CREATE TABLE contact_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- The same key is the same message, however often it arrives.
    idempotency_key uuid NOT NULL UNIQUE,
    received_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    subject text NOT NULL DEFAULT '' CHECK (char_length(subject) <= 150),
    message text NOT NULL CHECK (char_length(message) BETWEEN 1 AND 5000),
    label text NOT NULL DEFAULT 'ham' CHECK (label IN ('ham', 'spam')),
    label_reason text NOT NULL DEFAULT ''
);

COMMENT ON TABLE contact_messages IS 'Messages from the contact form, kept before they are acknowledged.';
COMMENT ON COLUMN contact_messages.idempotency_key IS 'Made by the sender, or by us where it made none.';
COMMENT ON COLUMN contact_messages.label IS 'Spam is a label, never a deletion.';
