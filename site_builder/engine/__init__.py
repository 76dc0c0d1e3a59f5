"""The build: `content/`, `theme/` and `pelicanconf.py` in, a finished `output/` out.

Pelican does the work, through a class of our own that it loads by its documented `PELICAN_CLASS` setting, so
plain `pelican` builds by the same rules. What that class adds: only what has changed is made, with all processors; and
nothing is logged and skipped. Whatever Pelican would only mention (a post it cannot read, a plugin it cannot load, a
link it cannot resolve) ends the build.

One build goes through these modules, in this order::

    quick       is there anything to do? (without Pelican)
    pelican     the class: Pelican's own steps, with the following put into their places
    trust       which plugins can be followed, and so what may be kept
    reading     changed texts, in several processes; generators and contents restore the others
    work        which facts have changed, and which pages had read one of them
    pages       the pages that are asked for, and what each reads (facts, likeness, doors) while it is made
    output      files into their places; store: what the next build is to know

May touch: the folders named in the settings, and what lies beside the output (`.output.*`).
"""
