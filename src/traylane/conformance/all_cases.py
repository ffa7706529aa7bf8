"""All cases, in the order in which they are tried and shown."""

from __future__ import annotations

from traylane.conformance import cancel, find, make, repeat
from traylane.conformance.case import Case

CASES: tuple[Case, ...] = (*find.case.all, *cancel.case.all, *make.case.all, *repeat.case.all)
AREAS = tuple(dict.fromkeys(case.area for case in CASES))
