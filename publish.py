"""The release command line: `python publish.py --help`."""

import gc

# What a command reads it keeps to its end; to look through ten thousand files again and again for what could be thrown
# away takes a twentieth of a deploy.
gc.set_threshold(100_000, 100, 100)

import sys

from site_builder.cli.publish import main

if __name__ == "__main__":
    sys.exit(main())
