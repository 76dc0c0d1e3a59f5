"""The release command line: `python publish.py --help`."""

import sys

from site_builder.cli.publish import main

if __name__ == "__main__":
    sys.exit(main())
