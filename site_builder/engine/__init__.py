"""The build: `content/`, `theme/` and `pelicanconf.py` in, a finished `output/` out.

Pelican does the work, through a class of our own that it loads by its documented `PELICAN_CLASS` setting, so
plain `pelican` builds by the same rules. What that class adds: nothing is logged and skipped. Whatever Pelican
would only mention (a post it cannot read, a plugin it cannot load, a link it cannot resolve) ends the build.

May touch: the folders named in the settings, and a staging folder beside the output that replaces it at the end.
"""

from site_builder.engine.pelican import SitePelican

__all__ = ["SitePelican"]
