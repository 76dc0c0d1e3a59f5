"""Everything between a folder of Markdown and a site on a CDN.

Five stages, each ending in a value that the next one takes::

    content/ + theme/ + pelicanconf.py --build--> output/ --check--> Findings
    output/ --seal--> Manifest --plan--> Plan --apply--> a release in S3 --point--> CloudFront

`engine` and `plugins` build, and are the only ones that know Pelican. `checks` reads sources and output and
reports. `release` takes `output/` to where visitors find it. `preview` runs the whole of it on one machine.
`cli` is the only one that prints.
"""

from __future__ import annotations


def __getattr__(name: str) -> object:
    """Offer the engine's class here too, imported when it is asked for.

    Pelican loads `PELICAN_CLASS` from a top-level package only: it cannot follow "site_builder.engine.SitePelican".
    """
    if name != "SitePelican":
        raise AttributeError(name)
    from site_builder.engine.pelican import SitePelican  # noqa: PLC0415

    return SitePelican
