"""`python -m reconciler`: the same as the command `uami`."""

import sys

from reconciler.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
