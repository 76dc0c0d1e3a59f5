"""What an author writes, as values: a text's keys, its words, and when it is due.

Comes in: a file. Goes out: a `Source`, with every key typed and in its place. Reads files and nothing else; knows
nothing of Pelican, so that checks, commands and plugins agree on what a text says.
"""
