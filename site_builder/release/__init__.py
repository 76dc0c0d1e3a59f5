"""From a finished `output/` to what visitors get: seal, plan, apply, point.

    output/ --seal--> Manifest --plan--> Plan --apply--> a release in the object store --point--> visitors

Sealing and planning are pure: they read values and give values. Applying is a short loop that does what the plan
says, in its order; a dry run prints the same plan instead. A release is complete or not there: its manifest is
written last, and visitors see nothing of it until the pointer, one key, names its digest.

May touch: `output/` to read, and the outside only through the ports of `stores`.
"""
