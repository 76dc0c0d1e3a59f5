"""The API's rules. Nothing here knows Chalice; only `postgres` knows the database driver.

A request becomes fields (`fields`), fields become a message or what is wrong with them (`contact`), a message is
kept by a store (`store`, the port; `postgres` and `memory` behind it), and what came of it becomes a reply
(`replies`, `pages`).
"""
