"""Blocks are read ahead of who writes them, and what lies ready comes together."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing

import pytest

from tests.builders import NOW
from traylane.orders.import_blocks import Block
from traylane.orders.reading import Line, Setting
from traylane.orders.reading_beside import AHEAD, _Ahead

SETTING = Setting((), "desk", NOW)
OTHER = SETTING._replace(non_cancel=("GEN",))


def block(number: int, setting: Setting = SETTING) -> Block:
    lines: list[Line] = [(number, b"%d" % number)]
    return Block(lines.copy, setting, [b"piece %d" % number])


def source(blocks: Sequence[Block], given: list[int], error: Exception | None = None) -> Generator[Block, None, None]:
    for number, one in enumerate(blocks):
        given.append(number)
        yield one
    if error:
        raise error


def all_ready(ahead: _Ahead, count: int) -> None:
    give_up = time.monotonic() + 10
    while ahead._ready.qsize() < count:
        assert time.monotonic() < give_up
        time.sleep(0.001)


def test_what_lies_ready_comes_as_one_block_in_order() -> None:
    with closing(_Ahead(source([block(n) for n in range(AHEAD + 2)], given := list[int]()))) as ahead:
        all_ready(ahead, AHEAD)
        assert given == list(range(AHEAD))  # no more is read before somebody wants it
        first = next(ahead)
        assert first.pieces == [b"piece %d" % n for n in range(AHEAD)]
        assert list(first.lines()) == [(n, b"%d" % n) for n in range(AHEAD)]
        rest = [piece for one in ahead for piece in one.pieces]
    assert rest == [b"piece %d" % n for n in range(AHEAD, AHEAD + 2)]


def test_what_was_read_under_another_set_up_comes_by_itself() -> None:
    blocks = [block(0), block(1, OTHER)]
    with closing(_Ahead(source(blocks, []))) as ahead:
        all_ready(ahead, AHEAD)
        came = list(ahead)
    assert [(one.setting, one.pieces) for one in came] == [(SETTING, [b"piece 0"]), (OTHER, [b"piece 1"])]


def test_an_error_comes_after_what_was_read_before_it() -> None:
    with closing(_Ahead(source([block(0)], [], OSError("gone")))) as ahead:
        all_ready(ahead, AHEAD)
        assert next(ahead).pieces == [b"piece 0"]
        with pytest.raises(OSError, match="gone"):
            next(ahead)


def test_who_leaves_early_ends_the_reading() -> None:
    ended = []

    def endless() -> Generator[Block, None, None]:
        try:
            while True:
                yield block(0)
        finally:
            ended.append(True)

    ahead = _Ahead(endless())
    next(ahead)
    ahead.close()
    assert ended == [True]
