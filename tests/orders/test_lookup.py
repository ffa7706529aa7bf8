"""Which order an identifier means, by hand: the choice among what fits, and the words for it."""

from __future__ import annotations

import pytest

from tests.builders import an_order
from traylane.orders.lookup import (
    Ambiguous,
    Hit,
    Kind,
    MoreThanOneRecord,
    RecordNotFound,
    Ref,
    Resolved,
    echo,
    is_storable,
    more_than_one,
    resolve,
)
from traylane.orders.model import OrderId, Status

KEYS = [
    # given, by → order number, tray, PO to look for
    ("1001", None, ("1001", 1001, "1001")),
    ("00123", None, ("00123", 123, "00123")),
    ("0", None, ("0", 0, "0")),
    ("99999", None, ("99999", 99999, "99999")),
    ("100000", None, ("100000", None, "100000")),
    ("12345678", None, ("12345678", None, "12345678")),
    ("123456789", None, (None, None, "123456789")),
    ("aB3", None, ("aB3", None, "aB3")),
    ("A/17", None, (None, None, "A/17")),
    ("-5", None, (None, None, "-5")),
    ("+5", None, (None, None, "+5")),
    (" 5", None, (None, None, " 5")),
    ("5\n", None, (None, None, "5\n")),
    ("1_0", None, (None, None, "1_0")),
    ("٣", None, (None, None, "٣")),  # a digit, but not an ASCII one
    ("²", None, (None, None, "²")),
    ("ä", None, (None, None, "ä")),
    ("a\u0308", None, (None, None, "ä")),
    ("1001", Kind.ORDER, ("1001", None, None)),
    ("1001", Kind.TRAY, (None, 1001, None)),
    ("1001", Kind.PO, (None, None, "1001")),
    ("A/17", Kind.ORDER, (None, None, None)),
    ("A/17", Kind.TRAY, (None, None, None)),
    ("", None, (None, None, None)),
    (" ", None, (None, None, None)),
    ("\t\u2003", None, (None, None, None)),
    ("x" * 20, None, (None, None, "x" * 20)),
    ("x" * 21, None, (None, None, None)),
    ("a\u0308" * 20, None, (None, None, "ä" * 20)),  # 20 characters once composed
    ("a\0", None, (None, None, None)),
    ("a\ud800", None, (None, None, None)),
]


@pytest.mark.parametrize(("given", "by", "expected"), KEYS)
def test_what_is_looked_for(given: str, by: Kind | None, expected: tuple[str | None, int | None, str | None]) -> None:
    assert Ref(given, by=by, customer="77").keys() == (None, *expected, "77")


def test_once_resolved_the_order_itself_is_looked_for() -> None:
    order = an_order("1001")

    assert Ref("55", by=Kind.TRAY, customer="77").pinned(order).keys() == (order.id, None, None, None, "77")


@pytest.mark.parametrize("given", ["", " ", "nope", "x" * 30])
def test_nothing_fits(given: str) -> None:
    with pytest.raises(RecordNotFound) as refused:
        resolve(Ref(given), [])

    assert refused.value.details() == [f"Provided: {given}"]


def test_the_order_number_goes_before_the_tray_and_the_tray_before_the_po() -> None:
    by_number, by_tray, by_po = an_order("55"), an_order("2", tray="55"), an_order("3", po="55")
    number, tray, po = Hit(Kind.ORDER, by_number), Hit(Kind.TRAY, by_tray), Hit(Kind.PO, by_po)

    assert resolve(Ref("55"), [number, tray, po]) == Resolved(
        by_number, "55 is also the tray number of order 2. 55 is also the PO number of order 3."
    )
    assert resolve(Ref("55"), [tray, po]) == Resolved(by_tray, "55 is also the PO number of order 3.")
    assert resolve(Ref("55"), [po]) == Resolved(by_po, "")


def test_an_order_that_fits_twice_is_no_other_order() -> None:
    order = an_order("55", tray="55", po="55")
    hits = [Hit(Kind.ORDER, order), Hit(Kind.TRAY, order), Hit(Kind.PO, order)]

    assert resolve(Ref("55"), hits) == Resolved(order, "")


def test_several_orders_with_the_po_beside_an_order_number_are_no_obstacle() -> None:
    by_number = an_order("55")
    hits = [Hit(Kind.ORDER, by_number), Hit(Kind.PO, an_order("2", po="55")), Hit(Kind.PO, an_order("3", po="55"))]

    assert resolve(Ref("55"), hits) == Resolved(by_number, "55 is also the PO number of other orders.")


def test_completed_orders_with_the_po_are_set_aside() -> None:
    done, open_ = an_order("1", po="P", status=Status.COMPLETE), an_order("2", po="P")

    assert resolve(Ref("P"), [Hit(Kind.PO, open_), Hit(Kind.PO, done)]) == Resolved(open_)


def test_a_single_completed_order_with_the_po_is_meant_when_there_is_no_other() -> None:
    done = an_order("1", po="P", status=Status.COMPLETE)

    assert resolve(Ref("P"), [Hit(Kind.PO, done)]) == Resolved(done)


def test_a_cancelled_and_an_active_order_with_one_po_are_ambiguous() -> None:
    hits = [Hit(Kind.PO, an_order("1", po="P")), Hit(Kind.PO, an_order("2", po="P"))]

    assert resolve(Ref("P"), hits) == Ambiguous(("1", "2"), completed=False)


def test_two_completed_orders_with_one_po_are_ambiguous() -> None:
    hits = [Hit(Kind.PO, an_order(n, po="P", status=Status.COMPLETE)) for n in ("1", "2")]

    assert resolve(Ref("P"), hits) == Ambiguous(("1", "2"), completed=True)


CANDIDATES = [
    # how many have the PO → the last line of the details, how many lines
    (2, "Order: 2", 3),
    (10, "Order: 10", 11),
    (11, "and 1 more", 12),
    (250, "and 240 more", 12),
]


@pytest.mark.parametrize(("total", "last", "lines"), CANDIDATES)
def test_up_to_ten_candidates_are_named(total: int, last: str, lines: int) -> None:
    looked_at = Ambiguous(tuple(str(n) for n in range(1, min(total, 11) + 1)), completed=False)

    details = more_than_one(Ref("P"), looked_at, total).details()

    assert details[:3] == ["Provided: P", "Order: 1", "Order: 2"]
    assert (details[-1], len(details)) == (last, lines)


def test_the_refusals_are_outcomes_of_the_request() -> None:
    assert RecordNotFound.is_final
    assert MoreThanOneRecord.is_final


def test_what_is_echoed_is_cut_and_can_be_sent() -> None:
    assert echo("x" * 10_000) == "x" * 64
    assert echo("a\ud800b") == "a?b"
    assert echo("ä") == "ä"


def test_what_both_engines_can_hold() -> None:
    assert [is_storable(text) for text in ("", "ä", "a\0", "\ud800")] == [True, True, False, False]


def test_an_id_is_not_an_identifier_that_a_caller_can_give() -> None:
    assert Ref("\x00" * 16).keys() == (None, None, None, None, None)
    assert Ref("x", id=OrderId(b"y" * 16)).keys()[0] == b"y" * 16
