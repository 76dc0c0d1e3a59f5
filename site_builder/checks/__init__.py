"""What is wrong with the sources, all of it at once.

Comes in: a content folder. Goes out: findings, each with a place, a rule, what is wrong and what to do. Reads
files and nothing else; knows nothing of Pelican, so it is fast and can run before every build.
"""
