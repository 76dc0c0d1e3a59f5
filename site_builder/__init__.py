"""Everything between a folder of Markdown and a site on a CDN.

Five stages, each ending in a value that the next one takes::

    content/ + theme/ + pelicanconf.py --build--> output/ --check--> Findings
    output/ --seal--> Manifest --plan--> Plan --apply--> a release in S3 --point--> CloudFront

`engine` and `plugins` build, and are the only ones that know Pelican. `checks` reads sources and output and
reports. `release` takes `output/` to where visitors find it. `preview` runs the whole of it on one machine.
`cli` is the only one that prints.
"""
