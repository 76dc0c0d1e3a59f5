"""Bring the texts of another generator in: a WordPress or Medium export, a Jekyll or Hugo folder.

    a folder or file  ->  Export (drafts)  ->  Plan (texts, copies, notes)  ->  content/

Comes in: what the other generator kept. Goes out: files in the content folder, never over one that is there, and a note
of everything that could not be brought along. A reader for each generator ends in the same drafts; the plan is made of
these and of what the content folder holds, and writing it is a short loop. Knows nothing of how the site is built.
"""

GENERATORS = ("wordpress", "jekyll", "hugo", "medium")
