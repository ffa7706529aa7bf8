"""The databases that fill themselves, and what is asked of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from bench import size
from bench.size_fill import fill_sqlite


def test_no_two_places_ask_for_one_order_and_none_is_completed() -> None:
    for by in ("order", "tray", "po"):
        asked = [size.given(by, place, 10_000) for place in range(size.PASSES * 3 * size.EACH)]
        assert len(set(asked)) == len(asked)
        assert not any(number.endswith("0") for number in asked)


@pytest.mark.slow
def test_pages_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "lab.db"
    fill_sqlite(str(file), 3_000)

    async def touched() -> list[float]:
        async with size.on_sqlite(str(file), 3_000) as side:
            ways = dict(side.ways(0))
            side.count(True)
            await ways["fetch by order"](0)
            before = await side.touched()
            await ways["fetch by order"](1)
            once = await side.touched() - before
            for place in range(2, 5):
                await ways["fetch by order"](place)
            return [once, await side.touched() - before]

    once, four_times = asyncio.run(touched())
    assert 5 < once < 40
    assert 3 * once < four_times < 5 * once


@pytest.mark.slow
def test_ten_scans_an_order_and_trays_for_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "lab.db"
    fill_sqlite(str(file), 3_000)
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    count = "SELECT (SELECT count(*) FROM scans), (SELECT count(tray_key) FROM orders), (SELECT count(*) FROM orders)"
    assert connection.execute(count).fetchall() == [(30_000, 1_800, 3_000)]
    connection.close()


def test_more_than_a_quarter_more_is_a_miss() -> None:
    few = size.Cost([10.0, 10.0], [100.0, 110.0])
    assert size.row("fetch", few, size.Cost([12.0, 12.0], [125.0, 300.0]))[-1] == "pass"
    assert size.row("fetch", few, size.Cost([13.0, 13.0], [100.0, 100.0]))[-1] == "FAIL"
    assert size.row("fetch", few, size.Cost([10.0, 10.0], [126.0, 130.0]))[-1] == "FAIL"
