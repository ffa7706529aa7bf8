"""`traylane` with a planted fault: its writes do not ask whether the order is still the one that was judged.

Run as `python -m tests.reliability.unguarded serve …`; worker processes import it again, and so get the fault too.
"""

from __future__ import annotations

import sys

from tests.reliability.careless import without_guard
from traylane.cli.main import main
from traylane.orders import write_sql

write_sql.one_on_postgres = without_guard(write_sql.one_on_postgres)
write_sql.many_on_postgres = without_guard(write_sql.many_on_postgres)

if __name__ == "__main__":
    sys.exit(main())
