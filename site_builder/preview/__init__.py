"""The whole product on one machine: a real PostgreSQL, the API, and the site through the edge function.

Comes in: a project folder. Goes out: one loopback address that serves site and API together, until it is stopped.
May touch: `.local/` and child processes, every one of which is on a leash (see `leash`).
"""
