"""The page of promises, made from the promises and from what was tried last."""

from __future__ import annotations

from collections.abc import Mapping

from torture.promises import Promise, promises
from torture.results import Piece, Results

TEXT = """\
What Traylane promises, and what tried it. Each promise is held by tests, and by a negative control: a planted fault
that the same check must catch. `make test` tries the small size, `make torture` the full one, promise by promise, in
pieces; it can be stopped and resumed, and writes this page. The last full run is shown, or else the last run of the
small size."""
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
    return f"{word}, {max(piece.date for piece in pieces.values())}, {seconds:.0f} s"


def _story(number: str, promise: Promise, results: Results) -> str:
    lines = [f"## {number}", f"{promise.promise[:1].upper()}{promise.promise[1:]}."]
    lines += [promise.anchor] if promise.anchor else []
    tests = ", ".join(f"`{module}`" for module in promise.modules)
    lines += [f"Tried by {tests}."] if tests else []
    lines += [f"Not run: {promise.not_run}."] if promise.not_run else []
    lines += [f"Not held: {promise.not_held}."] if promise.not_held else []
    _, pieces = state(promise, results, number)
    for name in sorted(pieces, key=lambda name: int(name.partition("/")[0])):
        lines.append(_piece(name, pieces[name]))
    return "\n\n".join(lines)


def _piece(name: str, piece: Piece) -> str:
    head = f"Piece {name}: **{piece.outcome}** in {piece.seconds:.0f} s, {piece.tests} tests, {piece.date}, "
    return "\n".join([f"{head}{piece.version}, {piece.machine}.", *(f"- {said}" for said in piece.tried)])
