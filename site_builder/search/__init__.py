"""The site's own search: an index in small files, of which a browser fetches the two or three that a question needs.

Comes in: a finished output folder. Goes out: `search/*.json` in it. What was read of each page is kept beside the
output, so that an edited page costs what that page's words cost. The same pages give the same files, whatever was
built before. There is no server, no program in WebAssembly, and nothing is fetched until somebody searches.
"""
