"""The page of promises, made from the promises and from what was tried last."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torture.promises import Promise, promises
from torture.results import Piece, Results

TEXT = """\
What Traylane promises, and what tried it. Each promise is held by tests, and by a negative control: a planted fault
that the same check must catch. `make test` tries the small size, `make torture` the full one, promise by promise, in
pieces; it can be stopped and resumed, and writes this page. The last full run is shown, or else the last run of the
small size. What several pieces told is one line here, with the least and the most of its numbers (`3…7`);
`torture/results.json` has each."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
HEADS = ("", "promise", "full size (small size)", "tried last")


def state(promise: Promise, results: Results, number: str) -> tuple[str, Mapping[str, Piece]]:
    """In a word how a promise stands, and the pieces that say so: those of the full size, if there are any.

    What is tried only in part says so, and what is known not to hold says that first.
    """
    word, pieces = _whole_state(promise, results, number)
    if promise.modules and promise.not_run:
        word = f"in part: {word}"
    return (f"**not held**; {word}" if promise.not_held else word), pieces


def _whole_state(promise: Promise, results: Results, number: str) -> tuple[str, Mapping[str, Piece]]:
    if not promise.modules:
        return "not run", {}
    full = results.pieces(number, "full")
    pieces = full or results.pieces(number, "ci")
    if not pieces:
        return "not run", {}
    if any(piece.outcome != "held" for piece in pieces.values()):
        return "broken", pieces
    if full and len(full) < promise.pieces:
        return f"held so far, {len(full)} of {promise.pieces} pieces", full
    return "held" if full else "held at the small size", pieces


def table_rows() -> list[tuple[str, str, str, str]]:
    """A row for each promise."""
    results = Results()
    return [
        (number, promise.promise, f"{promise.full} ({promise.ci})", _last(promise, results, number))
        for number, promise in promises().items()
    ]


def details() -> str:
    """What was said of each promise, by piece, and what tries it."""
    results = Results()
    return "\n\n".join(_story(number, promise, results) for number, promise in promises().items())


def _last(promise: Promise, results: Results, number: str) -> str:
    word, pieces = state(promise, results, number)
    if not pieces:
        return f"{word}: {promise.not_run or 'no run is recorded yet'}"
    seconds = sum(piece.seconds for piece in pieces.values())
    told = f"{word}, {max(piece.date for piece in pieces.values())}, {seconds:.0f} s"
    return "; ".join([told, *_why_not_whole(promise, results, number)])


def _why_not_whole(promise: Promise, results: Results, number: str) -> list[str]:
    """What the full size costs, where it was not run to its end."""
    full = results.pieces(number, "full")
    if not promise.modules or len(full) == promise.pieces:
        return []
    if not full:
        return [f"not run at full size: {promise.takes or 'nobody has measured how long it takes'}"]
    whole = sum(piece.seconds for piece in full.values()) / len(full) * promise.pieces
    return [f"the rest not run: all pieces take about {_roughly(whole)}"]


def _roughly(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 5_400 else f"{seconds / 3_600:.1f} hours"


def _story(number: str, promise: Promise, results: Results) -> str:
    lines = [f"## {number}", f"{promise.promise[:1].upper()}{promise.promise[1:]}."]
    lines += [promise.anchor] if promise.anchor else []
    tests = ", ".join(f"`{module}`" for module in promise.modules)
    lines += [f"Tried by {tests}."] if tests else []
    lines += [f"Not run: {promise.not_run}."] if promise.not_run else []
    lines += [f"Not held: {promise.not_held}."] if promise.not_held else []
    lines += [f"Beside it: {promise.also}."] if promise.also else []
    lines += [f"{why[:1].upper()}{why[1:]}." for why in _why_not_whole(promise, results, number)]
    _, pieces = state(promise, results, number)
    return "\n\n".join(lines + ([_found(pieces)] if pieces else []))


def _found(pieces: Mapping[str, Piece]) -> str:
    """What the pieces have shown together."""
    names = sorted(pieces, key=lambda name: int(name.partition("/")[0]))
    found = [pieces[name] for name in names]
    broken = ", ".join(name for name, piece in zip(names, found, strict=True) if piece.outcome != "held")
    part = "In one piece" if names == ["1/1"] else f"{len(found)} of {names[0].partition('/')[2]} pieces"
    head = f"{part}: **{f'broken in {broken}' if broken else 'held'}** in "
    head += f"{sum(piece.seconds for piece in found):.0f} s, {sum(piece.tests for piece in found)} tests, "
    said = [list(dict.fromkeys(of)) for of in zip(*((p.date, p.version, p.machine) for p in found), strict=True)]
    head += ", ".join(" and ".join(of) for of in said) + "."
    return "\n".join([head, *(f"- {line}" for line in folded([piece.tried for piece in found]))])


def folded(told: Sequence[Sequence[str]]) -> list[str]:
    """What pieces have told, each thing once: how often, and from what to what its numbers go from piece to piece."""
    alike: dict[tuple[str, int], list[str]] = {}
    for lines in told:
        shapes: dict[str, list[str]] = {}
        for line in lines:
            shape = _NUMBER.sub("#", line)
            known = shapes.setdefault(shape, [])
            known += [line] if line not in known else []
            alike.setdefault((shape, known.index(line)), []).append(line)
    return [_as_one(same) for same in alike.values()]


def _as_one(same: Sequence[str]) -> str:
    columns = zip(*(_NUMBER.findall(line) for line in same), strict=True)
    ranges = iter([_range(column) for column in columns])
    line = _NUMBER.sub(lambda _: next(ranges), same[0])
    return line if len(same) == 1 else f"{line} ({len(same)} times)"


def _range(column: Sequence[str]) -> str:
    least, most = min(column, key=float), max(column, key=float)
    return least if least == most else f"{least}…{most}"
