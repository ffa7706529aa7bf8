"""`traylane` with a planted fault: it waits for its database as long as it takes.

Run as `python -m tests.reliability.patient serve …`.
"""

from __future__ import annotations

import sys

from traylane.cli.main import main
from traylane.db import batch, postgres

postgres.ACQUIRE_WAIT = postgres.STATEMENT_WAIT = 3_600.0
batch.PATIENCE = batch.DEADLINE = postgres.PostgresDatabase.patience = 3_600.0

if __name__ == "__main__":
    sys.exit(main())
