"""The rules of a create as a truth table, in their order."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import an_order
from traylane.orders.create_rules import CREATE_RULES, CreateRequest, missing_lenses, refusals
from traylane.orders.details import Details
from traylane.policy.model import Addon, Customer, Policy

POLICY = Policy(
    version=1,
    customers={"1001": Customer("1001"), "2002": Customer("2002"), "OLD": Customer("OLD", active=False)},
    addons={"SRC": Addon("SRC", "Scratch coat"), "OLD": Addon("OLD", "Old coat", active=False)},
)
HOLDER = an_order("B", customer="2002", tray="7", tray_key=7)

EACH = [
    # document, the rest of the request → codes
    ({}, {}, []),
    ({"crib": 60.5, "ellh": 5}, {}, ["crib_only_uncut", "ellh_only_uncut"]),
    ({"crib": 60.5, "ellh": 5, "jobType": "U"}, {}, []),
    ({}, {"customer": "9999"}, ["unknown_customer"]),
    ({}, {"customer": "OLD"}, ["unknown_customer"]),
    ({}, {"only_customer": "1001"}, []),
    ({}, {"only_customer": "2002"}, ["unknown_customer"]),
    ({"jobType": "A"}, {}, ["no_addons"]),
    ({"jobType": "A", "addons": ["SRC"]}, {}, []),
    ({"addons": ["src"]}, {}, ["unknown_addon"]),
    ({"addons": ["OLD"]}, {}, ["unknown_addon"]),
    ({"rtSPH": -225}, {}, ["validation_failed"]),
    ({}, {"tray": "7", "holder": HOLDER}, ["tray_in_use"]),
    ({}, {"tray": "7", "holder": replace(HOLDER, cancelled_at=1)}, ["tray_in_use"]),
    (
        {"crib": 1, "ellh": 1, "addons": ["XYZ"], "rtSPH": -225},
        {"customer": "9999", "tray": "7", "holder": HOLDER},
        ["crib_only_uncut", "ellh_only_uncut", "unknown_customer", "unknown_addon", "validation_failed", "tray_in_use"],
    ),
]


@pytest.mark.parametrize(("document", "rest", "codes"), EACH)
def test_each_rule(document: dict[str, Any], rest: dict[str, Any], codes: list[str]) -> None:
    details = Details(**{"jobType": "F", **document})
    request = CreateRequest(**{"customer": "1001", "po": "P1", "details": details, **rest})

    assert [refusal.code for refusal in refusals(request, POLICY)] == codes


@pytest.mark.parametrize(("only", "shown"), [(None, ["Order: B"]), ("2002", ["Order: B"]), ("1001", [])])
def test_who_holds_the_tray_is_told_to_its_customer_only(only: str | None, shown: list[str]) -> None:
    customer = only or "1001"
    request = CreateRequest(
        customer=customer, po="P1", details=Details(jobType="F"), tray="7", only_customer=only, holder=HOLDER
    )
    [refusal] = refusals(request, POLICY)
    assert (refusal.code, refusal.details()) == ("tray_in_use", shown)


def test_an_order_is_not_on_hold_unless_that_is_asked_for() -> None:
    assert CreateRequest(customer="1001", po="", details=Details()).on_hold is False


def test_every_rule_refuses_in_the_table() -> None:
    assert len(CREATE_RULES) == len({code for *_, codes in EACH for code in codes})


def test_at_least_one_eye_has_a_style_and_one_a_material() -> None:
    assert missing_lenses(Details(rtLensStyle="SV", ltLensMaterial="CR39")) == []
    assert missing_lenses(Details(rtLensStyle="SV")) == [
        "rtLensMaterial, ltLensMaterial are missing, at least one parameter must be provided"
    ]
