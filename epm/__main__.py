"""`python -m epm`."""

import sys

# `-m` looks for modules in the folder one stands in first: a `statistics.py` or a folder `rich`
# there is not taken for what epm imports
if not sys.flags.safe_path and sys.path:
    del sys.path[0]

from epm.cli import main

if __name__ == "__main__":
    sys.exit(main())
