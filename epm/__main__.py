"""`python -m epm`."""

import sys

from epm.cli import main

if __name__ == "__main__":
    sys.exit(main())
