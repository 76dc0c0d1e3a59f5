"""Pictures as they should be on a page: small, in modern formats, in fitting widths, without what cameras write down.

Comes in: a file beside a text. Goes out: a `Picture`, its variants lying in a cache that is keyed by content. Reads the
file, writes the cache, and nothing else; `encoding` and `cards` alone know the imaging library.
"""
