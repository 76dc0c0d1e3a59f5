"""The API's rules. Nothing here knows Chalice; only `postgres` knows the database driver.

A request finds its route (`routes`) and is let through or not (`gate`); its body becomes fields (`fields`), a rule's
folder does the rest (`contact`, `accounts`, `newsletter`, `figures`, `privacy`), and what came of it is a reply
(`replies`, `pages`). What is outside is behind ports: `database`, `queue`, `limits`.
"""
