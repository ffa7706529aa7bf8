"""`python -m traylane`."""

import sys

from traylane.cli.main import main

sys.exit(main())
