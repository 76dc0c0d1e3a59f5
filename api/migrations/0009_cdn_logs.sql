-- Which of the CDN's log files were counted, so that each is counted once. Its name holds a distribution and an hour.
CREATE TABLE counted_logs (
    name text PRIMARY KEY,
    counted_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON counted_logs TO zichkoding_api;
