"""Try the promises: `python -m torture [R5 R7 …]`, at full size, piece by piece, or with `--size ci` the small one.

What is done is kept in torture/results.json and not done again (`--again` does). Ends in a table, and writes
docs/reference/promises.md. Exit code 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import sys

from docs import generate
from torture import page, pieces
from torture.ha import needs
from torture.promises import ROOT, Promise, promises
from torture.results import Results

PAGE = generate.FOLDER / "promises.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("promises", nargs="*", metavar="R5", help="these alone")
    parser.add_argument("--size", choices=("full", "ci"), default="full")
    parser.add_argument("--again", action="store_true", help="forget what was done")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    results, known = Results(), promises()
    if unknown := [number for number in given.promises if number not in known]:
        sys.stderr.write(f"There is no {', '.join(unknown)}.\n")
        return 2
    chosen = given.promises or list(known)
    if given.again:
        for number in chosen:
            results.forget(number, given.size)
    try:
        for place, number in enumerate(chosen, 1):
            attempt(number, known[number], given.size, results, f"[{place:2}/{len(chosen)}]")
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.")
    return show(chosen, known, results)


def attempt(number: str, promise: Promise, size: str, results: Results, where: str) -> None:
    """Run the pieces of a promise that have not been run, or did not hold."""
    if not promise.modules:
        print(f"{where} {number:4} not run: {promise.not_run}", flush=True)
        return
    if promise.needs_hosts and (why := needs.lacking()):
        print(f"{where} {number:4} not run: {why}", flush=True)
        return
    of = promise.pieces if size == "full" else 1
    for piece in range(1, of + 1):
        name = f"{piece}/{of}"
        known = results.pieces(number, size).get(name)
        if known is not None and known.outcome == "held":
            print(f"{where} {number:4} piece {name} held on {known.date}", flush=True)
            continue
        print(f"{where} {number:4} piece {name} …", end="", flush=True)
        found = pieces.run(number, promise, size=size, piece=piece, pieces=of)
        results.record(number, size, name, found)
        print(f"\r{where} {number:4} piece {name} {found.outcome} in {found.seconds:.0f} s", flush=True)
        if found.outcome != "held":
            print(f"        see {(pieces.LOGS / f'{number}-{size}-{piece}.log').relative_to(ROOT)}", flush=True)


def show(chosen: list[str], known: dict[str, Promise], results: Results) -> int:
    """The table, on the terminal and as the page; 1 when a promise is broken."""
    PAGE.write_text(generate.promises_page(), encoding="utf-8")
    states = {number: page.state(promise, results, number)[0] for number, promise in known.items()}
    print()
    for number in chosen:
        print(f"{number:4} {states[number]:24} {known[number].promise}")
    return int(any(states[number].endswith("broken") for number in chosen))


if __name__ == "__main__":
    sys.exit(main())
