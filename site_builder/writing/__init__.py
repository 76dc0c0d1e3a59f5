"""What an author can write besides plain Markdown: extensions of Python-Markdown, each of one module.

Each keeps nothing between two texts and says so (`PURE = True`), so that the engine may keep what it made.
"""
