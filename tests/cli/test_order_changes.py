"""traylane orders create, correct, complete, hold, …: the same on the database itself and on a service."""

from __future__ import annotations

import msgspec
import pytest

from tests.cli.conftest import Traylane

ORDERS = ({"orderNumber": "337177", "customerNumber": "1001", "status": "V", "trayNumber": "72544"},)
NEW = {
    "customerNumber": "1001",
    "customerJobId": "J-1",
    "poNumber": "P-9",
    "jobType": "F",
    "rtLensStyle": "SV",
    "rtLensMaterial": "CR39",
}


@pytest.fixture
def desk(anywhere: Traylane) -> Traylane:
    """The laboratory with one order."""
    ended = anywhere("orders", "import", "-", given=b"\n".join(map(msgspec.json.encode, ORDERS)))
    assert ended.code == 0
    return anywhere


def test_an_order_is_created_from_a_file(desk: Traylane) -> None:
    ended = desk("orders", "create", "-", "--json", given=msgspec.json.encode(NEW))

    assert (ended.code, ended.json["orderNumber"], ended.json["poNumber"]) == (0, "100000", "P-9")
    assert desk("orders", "show", "100000", "--json").json["trayNumber"] == "00001"


def test_what_is_wrong_with_a_new_order_is_said(desk: Traylane) -> None:
    missing = desk("orders", "create", "-", given=b"{}")
    refused = desk("orders", "create", "-", given=msgspec.json.encode({**NEW, "rtSPH": -50}))
    no_json = desk("orders", "create", "-", given=b"[]")

    assert (missing.code, "customerNumber is missing" in missing.err) == (2, True)
    assert (refused.code, refused.err) == (1, "Validation Failed; ERROR 112: SPHERE MUST BE BETWEEN -39.0 AND +49.0\n")
    assert (no_json.code, "the file is not a JSON object" in no_json.err) == (2, True)


def test_the_life_of_an_order(desk: Traylane) -> None:
    said = [
        desk("orders", "correct", "337177", "--wanted", "2026-11-09", "--remarks", "Second pair").err,
        desk("orders", "unvalid", "337177", "No prescription").err,
        desk("orders", "validate", "337177").err,
        desk("orders", "hold", "72544").err,
        desk("orders", "release", "72544").err,
        desk("orders", "tray", "337177", "00123", "--reassign").err,
        desk("orders", "release-tray", "123", "--by", "tray").err,
        desk("orders", "complete", "337177").err,
        desk("orders", "complete", "337177").err,
    ]

    assert said == [
        "Order 337177 is corrected.\n",
        "Order 337177 is unvalid.\n",
        "Order 337177 is valid.\n",
        "Order 337177 is on hold.\n",
        "Order 337177 is released.\n",
        "Order 337177 is in tray 00123.\n",
        "Order 337177 is out of its tray.\n",
        "Order 337177 is completed.\n",
        "Could not complete order; Error Code: 04; Error Message: Order already completed\n",
    ]
