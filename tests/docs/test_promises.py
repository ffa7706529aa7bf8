"""Every promise has its row, and each row its tests with a control, or the reason why nothing tries it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torture import page
from torture.promises import ALL, Promise, missing, promises
from torture.results import Piece, Results

RACES = ("tests/reliability/test_races.py",)
A_PIECE = Piece("held", 1.0, 1, ("1 race",), "2026-11-02", "0.1.0", "2 cores")


def test_no_promise_is_missing_and_each_is_tried_or_says_why_not() -> None:
    assert missing(promises()) == []


def test_what_is_missing_is_noticed() -> None:
    rows = {number: Promise("p", "1", "1", not_run="because") for number in ALL if number != "R7"}
    rows["R1"] = Promise("p", "1", "1")
    rows["R2"] = Promise("p", "1", "1", modules=("tests/none.py",))
    rows["R3"] = Promise("p", "1", "1", modules=("tests/docs/test_pages.py",))
    assert missing(rows) == [
        "R7 has no row",
        "R1 names neither modules nor a reason",
        "R2: there is no tests/none.py",
        "R2 has no control",
        "R2: no test is marked with it",
        "R3 has no control",
        "R3: no test is marked with it",
    ]


def test_a_promise_holds_when_every_piece_of_the_full_size_does(tmp_path: Path) -> None:
    results, promise = Results(tmp_path / "r.json"), Promise("p", "2", "1", modules=RACES, pieces=2)
    states = [page.state(promise, results, "R1")[0]]
    for size, piece in (("ci", "1/1"), ("full", "1/2"), ("full", "2/2")):
        results.record("R1", size, piece, A_PIECE)
        states.append(page.state(promise, Results(tmp_path / "r.json"), "R1")[0])
    results.record("R1", "full", "2/2", msgspec.structs.replace(A_PIECE, outcome="broken"))
    states.append(page.state(promise, results, "R1")[0])
    assert states == ["not run", "held at the small size", "held so far, 1 of 2 pieces", "held", "broken"]


def test_what_is_tried_in_part_says_so(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.json")
    results.record("R1", "ci", "1/1", A_PIECE)
    promise = Promise("p", "2", "1", modules=RACES, not_run="the rest needs two machines")
    assert page.state(promise, results, "R1")[0] == "in part: held at the small size"


def test_what_is_known_not_to_hold_says_so_first(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.json")
    results.record("R1", "ci", "1/1", A_PIECE)
    promise = Promise("p", "2", "1", modules=RACES, not_held="it waited too long")
    assert page.state(promise, results, "R1")[0] == "**not held**; held at the small size"


def test_pieces_of_another_cut_are_forgotten(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.json")
    results.record("R1", "full", "1/2", A_PIECE)
    results.record("R1", "full", "1/3", A_PIECE)
    assert list(results.pieces("R1", "full")) == ["1/3"]


def test_a_row_that_was_not_run_at_full_size_says_why(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.json")
    results.record("R4", "ci", "1/1", A_PIECE)
    promise = Promise("p", "2", "1", modules=RACES, pieces=20, takes="it takes an hour")
    told = [page._last(promise, results, "R4")]
    results.record("R4", "full", "1/20", msgspec.structs.replace(A_PIECE, seconds=300))
    told.append(page._last(promise, results, "R4"))
    assert told == [
        "held at the small size, 2026-11-02, 1 s; not run at full size: it takes an hour",
        "held so far, 1 of 20 pieces, 2026-11-02, 300 s; the rest not run: all pieces take about 1.7 hours",
    ]


def test_every_row_that_is_not_whole_says_why_on_the_page() -> None:
    assert [row for row in page.table_rows() if "nobody has measured" in row[3] or "no run is recorded" in row[3]] == []


def test_what_several_pieces_told_is_told_once() -> None:
    first = ["SQLite: 8 kills, 1.5 s", "SQLite: 2 kills, 3 s", "PostgreSQL: 8 kills, 2 s", "PostgreSQL: 8 kills, 2 s"]
    assert page.folded([first, ["SQLite: 8 kills, 12 s"]]) == [
        "SQLite: 8 kills, 1.5…12 s (2 times)",
        "SQLite: 2 kills, 3 s",
        "PostgreSQL: 8 kills, 2 s (2 times)",
    ]


def test_pieces_are_told_together_and_a_broken_one_by_its_name() -> None:
    broken = msgspec.structs.replace(A_PIECE, outcome="broken", version="0.1.1")
    told = page._found({"10/10": A_PIECE, "9/10": broken})
    assert told == (
        "2 of 10 pieces: **broken in 9/10** in 2 s, 2 tests, 2026-11-02, 0.1.1 and 0.1.0, 2 cores.\n- 1 race (2 times)"
    )
