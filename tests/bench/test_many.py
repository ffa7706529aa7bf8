"""Memory that grows from call to call is seen; what the first call takes is not."""

from __future__ import annotations

import os

from bench.many import MEGABYTE, grown, own_memory


def test_what_the_first_call_takes_is_no_growth() -> None:
    assert grown([50.0, 70, 71, 70, 71, 70]) == 0.0


def test_growth_is_seen() -> None:
    # 30 and 40 against 10 and 20
    assert grown([0.0, 10, 20, 30, 40]) == 20.0


def test_one_call_cannot_grow() -> None:
    assert grown([50.0]) == 0.0


def test_own_memory_is_what_a_process_has_filled() -> None:
    before = own_memory(os.getpid())
    held = bytearray(os.urandom(1)) * (64 * MEGABYTE)
    assert 60 * MEGABYTE < own_memory(os.getpid()) - before < 70 * MEGABYTE
    assert len(held) == 64 * MEGABYTE
