"""Run `python -m site_builder`."""

import sys

from site_builder.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
