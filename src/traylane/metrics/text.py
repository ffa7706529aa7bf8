"""The text format that Prometheus reads (0.0.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from traylane.metrics.catalogue import FAMILIES, Family
from traylane.metrics.record import Labels, Numbers

MEDIA = "text/plain; version=0.0.4; charset=utf-8"


def text(numbers: Numbers) -> str:
    """The page. Metrics without a number are left out."""
    return "".join(f"{line}\n" for family in FAMILIES for line in _family(family, numbers))


def _family(family: Family, numbers: Numbers) -> Iterator[str]:
    cells = numbers.get(family.name)
    if not cells:
        return
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, cell in sorted(cells.items()):
        pairs = _pairs(family, labels)
        if family.kind == "histogram":
            yield from _histogram(family, pairs, cell)
        else:
            yield f"{family.name}{_braces(pairs)} {_number(cell[0])}"


def _histogram(family: Family, pairs: Sequence[str], cell: Sequence[float]) -> Iterator[str]:
    count = 0.0
    for bound, found in zip((*family.bounds, float("inf")), cell[:-1], strict=True):
        count += found
        yield f"{family.name}_bucket{_braces([*pairs, f'le={chr(34)}{_number(bound)}{chr(34)}'])} {_number(count)}"
    yield f"{family.name}_sum{_braces(pairs)} {_number(cell[-1])}"
    yield f"{family.name}_count{_braces(pairs)} {_number(count)}"


def _pairs(family: Family, labels: Labels) -> list[str]:
    # An empty label is the same to Prometheus as none.
    return [f'{name}="{_escaped(value)}"' for name, value in zip(family.labels, labels, strict=True) if value]


def _braces(pairs: Sequence[str]) -> str:
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
