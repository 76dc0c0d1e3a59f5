"""What a pull request shows: which pages differ, what they look like and weigh before and after, and where to try them.

    compare   two built folders ─▶ a Report, and pictures: needs no secret, so it may run with anybody's code
    show      the new folder and the pictures ─▶ a preview at a name of its own
    tell      Report and preview ─▶ one comment, written anew each time
    close     no preview any more, and the comment says so

What `compare` writes is read by the others as a stranger's words: checked, and escaped.
"""
