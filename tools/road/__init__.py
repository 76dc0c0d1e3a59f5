"""The road from a push to production, as the workflows of `.github/` write it down, travelled on this machine.

    .github/workflows/*.yml ──read──▶ Workflow ──replay──▶ Told, step by step ──▶ the pipeline's table

Nothing here knows what a deploy is: it runs the `run:` lines that GitHub would run, in the same order, under the same
conditions, with the local cloud where AWS would be. What cannot be had here is left out by name, and said.
"""
