-- How often a page was seen on a day and how fast it was: counts alone, of nobody in particular.
CREATE TABLE page_counts (
    day date NOT NULL,
    path text NOT NULL CHECK (char_length(path) <= 200),
    -- `view`, or a measure and what it was like, such as `lcp good`.
    name text NOT NULL CHECK (char_length(name) <= 20),
    counted bigint NOT NULL,
    PRIMARY KEY (day, name, path)
);

GRANT SELECT, INSERT, DELETE, UPDATE (counted) ON page_counts TO zichkoding_api;
