"""`traylane` with a planted fault: its writes do not ask whether the order is still the one that was judged.

Run as `python -m tests.reliability.unguarded serve …`; worker processes import it again, and so get the fault too.
"""

from __future__ import annotations

import re
import sys

from traylane.cli.main import main
from traylane.orders import write

_GUARD = re.compile(r" AND (?:i\.revision = o\.revision|o\.revision = i\.revision|revision = \$\d+::int)")

_one, _many = write._one_on_postgres, write._many_on_postgres


def _careless_one(fields: dict[str, str], columns: tuple[str, ...], event: str) -> str:
    return _GUARD.sub("", _one(fields, columns, event))


def _careless_many(fields: dict[str, str], columns: tuple[str, ...], event: str) -> str:
    return _GUARD.sub("", _many(fields, columns, event))


write._one_on_postgres = _careless_one
write._many_on_postgres = _careless_many

if __name__ == "__main__":
    sys.exit(main())
