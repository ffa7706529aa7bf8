"""What does not fit into memory is kept aside."""

from __future__ import annotations

from traylane.db.scratch import Scratch


def test_what_is_put_aside_is_found_by_its_key() -> None:
    scratch = Scratch()
    scratch.put([("A1", b"one"), (5, b"two"), ("5", b"three")])
    scratch.put([("A1", b"four")])
    assert scratch.get(["A1", "A2", "5"]) == [("A1", b"four"), ("5", b"three")]
    assert scratch.get([5, 6]) == [(5, b"two")]
    scratch.close()


def test_two_of_them_do_not_meet() -> None:
    one, other = Scratch(), Scratch()
    one.put([("A1", b"one")])
    assert other.get(["A1"]) == []
    one.close()
    other.close()
