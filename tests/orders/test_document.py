"""The order as the v2 API answers it."""

from datetime import date
from typing import Any

import msgspec
import pytest

from traylane.clock import from_text
from traylane.orders.document import (
    CancelAnswer,
    Details,
    OrderAnswer,
    StatusAnswer,
    cancel_answer,
    details_text,
    order_answer,
    problems_of,
    status_answer,
)
from traylane.orders.model import Order, OrderId, OrderNumber, Status
from traylane.policy.model import Policy, Reason, Station

POLICY = Policy(
    version=1,
    stations={"GEN": Station("GEN", "GEN-1 GENERATOR", "IN SURFACING", non_cancel=True)},
    reasons={"CUS": Reason("CUS", "Customer request")},
)


def an_order(**columns: Any) -> Order:
    bare: dict[str, Any] = {
        "id": OrderId(bytes(16)),
        "number": OrderNumber("337178"),
        "tray": "00123",
        "po": "Example",
        "customer": "1001",
        "status": Status.PROCESS,
        "on_hold": False,
        "revision": 3,
        "station": "GEN",
        "station_at": from_text("2026-11-02T09:15:00.000Z"),
        "scan_count": 1,
        "cancelled_at": None,
        "cancel_reason": None,
        "cancel_actor": None,
        "cancel_station": None,
        "cancel_override": False,
        "details": "{}",
        "non_cancel_scan": None,
    }
    return Order(**(bare | columns))


CANCELLED: dict[str, Any] = {
    "cancelled_at": from_text("2026-11-03T10:00:00.500Z"),
    "cancel_reason": "CUS",
    "cancel_actor": "office",
    "cancel_station": "GEN",
}

EYE = [
    "ADD", "AX", "BCOCUP", "CYL", "Calculated", "DIA", "IPD", "LensColor", "LensMaterial", "LensStyle", "LensTreat",
    "MBASE", "MINCTR", "MINEDG", "NPD", "OCHT", "PRVA1", "PRVA2", "PRVM1", "PRVM2", "SEGHT", "SPH", "Trace",
]  # fmt: skip
EYE_NUMBERS = [
    "ADD", "AX", "BCOCUP", "CYL", "IPD", "MINCTR", "MINEDG", "NPD", "OCHT", "PRVM1", "PRVM2", "SEGHT", "SPH",
]  # fmt: skip
EYE_TEXTS = ["DIA", "LensColor", "LensMaterial", "LensStyle", "LensTreat", "MBASE", "PRVA1", "PRVA2", "Trace"]
WIRE_ORDER = [
    "orderNumber", "trayNumber", "poNumber", "addons", "arCode", "arDesc", "balanceLens", "calculationDesc",
    "cancellation", "corridorLength", "createdUser", "crib", "currentStation", "currentStationCustomerDesc",
    "currentStationDateTime", "currentStationDesc", "customerJobId", "customerNumber", "dateCompleted", "dateOrdered",
    "dateReceived", "dateTimeValid", "dateWanted", "ellh", "frameA", "frameB", "frameBridge", "frameCircumference",
    "frameColor", "frameED", "frameEye", "frameManufacturer", "frameName", "frameSKU", "frameStatusCode", "frameTemple",
    "frameType", "frameUPC", "jobType", *[f"lt{name}" for name in EYE], "onHold", "pantoscopicTilt", "remarks",
    "revision", *[f"rt{name}" for name in EYE], "status", "statusDesc", "unvalidMessage",
]  # fmt: skip


def test_an_order_is_answered_in_the_order_of_the_contract() -> None:
    assert list(order_answer(an_order(), POLICY)) == WIRE_ORDER
    assert OrderAnswer.__struct_fields__ == tuple(WIRE_ORDER)


def test_a_cancel_answers_the_same_with_message_as_the_fourth_property() -> None:
    answer = cancel_answer(an_order(**CANCELLED), POLICY, "deleteReason was ignored")
    assert list(answer) == [*WIRE_ORDER[:3], "message", *WIRE_ORDER[3:]]
    assert CancelAnswer.__struct_fields__ == tuple(answer)
    assert answer.pop("message") == "deleteReason was ignored"
    assert answer == order_answer(an_order(**CANCELLED), POLICY)


def test_what_is_given_out_of_order_is_answered_in_order() -> None:
    details = '{"unvalidMessage":"x","rtSPH":-2.25,"addons":["SRC"],"arCode":"AR1"}'
    answer = order_answer(an_order(details=details), POLICY)
    assert list(answer) == WIRE_ORDER
    assert (answer["rtSPH"], answer["addons"], answer["arCode"]) == (-2.25, ["SRC"], "AR1")


def test_what_is_unset_is_null_or_empty_or_zero_as_the_contract_says() -> None:
    bare = an_order(tray="", po="", station=None, station_at=None, scan_count=0)
    by_value: dict[str, list[str]] = {}
    for name, value in order_answer(bare, POLICY).items():
        by_value.setdefault(msgspec.json.encode(value).decode(), []).append(name)
    dates = ["currentStationDateTime", "dateCompleted", "dateOrdered", "dateReceived", "dateTimeValid", "dateWanted"]
    assert by_value["null"] == [
        "cancellation", *dates, *[f"lt{name}" for name in EYE_NUMBERS], *[f"rt{name}" for name in EYE_NUMBERS],
    ]  # fmt: skip
    assert by_value["0"] == [
        "corridorLength", "crib", "ellh", "frameA", "frameB", "frameBridge", "frameCircumference", "frameED",
        "frameEye", "frameTemple", "pantoscopicTilt",
    ]  # fmt: skip
    assert by_value["false"] == ["ltCalculated", "onHold", "rtCalculated"]
    assert by_value["[]"] == ["addons"]
    assert by_value['""'] == [
        "trayNumber", "poNumber", "arCode", "arDesc", "balanceLens", "createdUser", "currentStation",
        "currentStationCustomerDesc", "currentStationDesc", "customerJobId", "frameColor", "frameManufacturer",
        "frameName", "frameSKU", "frameStatusCode", "frameType", "frameUPC", "jobType",
        *[f"lt{name}" for name in EYE_TEXTS], "remarks", *[f"rt{name}" for name in EYE_TEXTS], "unvalidMessage",
    ]  # fmt: skip


def test_the_station_is_described_by_the_set_up() -> None:
    answer = order_answer(an_order(), POLICY)
    assert answer["currentStation"] == "GEN"
    assert answer["currentStationDesc"] == "GEN-1 GENERATOR"
    assert answer["currentStationCustomerDesc"] == "IN SURFACING"
    assert answer["currentStationDateTime"] == "2026-11-02T09:15:00.000Z"


def test_a_code_that_is_not_set_up_any_more_is_shown_without_description() -> None:
    answer = order_answer(an_order(station="OLD", **(CANCELLED | {"cancel_reason": "GON"})), POLICY)
    assert (answer["currentStation"], answer["currentStationDesc"]) == ("OLD", "")
    assert msgspec.json.decode(msgspec.json.encode(answer["cancellation"]))["reasonDesc"] == ""


def test_a_cancellation_is_shown_with_its_reason() -> None:
    assert order_answer(an_order(**CANCELLED), POLICY)["cancellation"] == {
        "dateTime": "2026-11-03T10:00:00.500Z",
        "actor": "office",
        "reason": "CUS",
        "reasonDesc": "Customer request",
        "station": "GEN",
        "override": False,
    }


def test_a_cancellation_without_a_reason_has_empty_strings() -> None:
    answer = order_answer(an_order(cancelled_at=from_text("2026-11-03T10:00:00.500Z")), POLICY)
    assert answer["cancellation"] == {
        "dateTime": "2026-11-03T10:00:00.500Z",
        "actor": "",
        "reason": "",
        "reasonDesc": "",
        "station": "",
        "override": False,
    }


@pytest.mark.parametrize(
    ("status", "on_hold", "shown", "desc"),
    [
        (Status.UNVALID, False, "U", "Unvalid"),
        (Status.VALID, False, "V", "Valid"),
        (Status.PROCESS, False, "P", "Process"),
        (Status.COMPLETE, False, "C", "Completed"),
        (Status.UNVALID, True, "W", "On Hold"),
        (Status.PROCESS, True, "W", "On Hold"),
    ],
)
def test_a_held_order_shows_w(status: Status, on_hold: bool, shown: str, desc: str) -> None:
    order = an_order(status=status, on_hold=on_hold)
    answer = order_answer(order, POLICY)
    assert (answer["status"], answer["statusDesc"], answer["onHold"]) == (shown, desc, on_hold)
    brief = status_answer(order, POLICY)
    assert (brief["status"], brief["statusDesc"], brief["onHold"]) == (shown, desc, on_hold)


@pytest.mark.parametrize(
    ("details", "desc"),
    [
        ("{}", "Calculations not done"),
        ('{"rtCalculated":true}', "Right eye calculated"),
        ('{"ltCalculated":true}', "Left eye calculated"),
        ('{"rtCalculated":true,"ltCalculated":true}', "Both eyes calculated"),
    ],
)
def test_the_calculation_is_described_by_its_eyes(details: str, desc: str) -> None:
    assert order_answer(an_order(details=details), POLICY)["calculationDesc"] == desc
    assert status_answer(an_order(details=details), POLICY)["calculationDesc"] == desc


def test_the_status_of_an_order_to_the_byte() -> None:
    details = '{"addons":["SRC"],"unvalidMessage":"Frame A missing","ltCalculated":true}'
    assert msgspec.json.encode(status_answer(an_order(details=details), POLICY)) == (
        b'{"orderNumber":"337178","trayNumber":"00123","poNumber":"Example","calculationDesc":"Left eye calculated",'
        b'"currentStation":"GEN","currentStationCustomerDesc":"IN SURFACING",'
        b'"currentStationDateTime":"2026-11-02T09:15:00.000Z","currentStationDesc":"GEN-1 GENERATOR","status":"P",'
        b'"statusDesc":"Process","onHold":false,"unvalidMessage":"Frame A missing","rtCalculated":false,'
        b'"ltCalculated":true}'
    )
    assert tuple(status_answer(an_order(), POLICY)) == StatusAnswer.__struct_fields__


def test_the_status_of_a_cancelled_order_is_the_error_that_clients_know() -> None:
    answer = status_answer(an_order(**CANCELLED), POLICY)
    assert msgspec.json.encode(answer) == b'{"error":"Order marked for cancelation","details":[]}'


def test_answers_fit_the_published_structure() -> None:
    held = an_order(on_hold=True, details='{"rtSPH":-2,"frameStatusCode":"S","dateWanted":"2026-11-09"}')
    msgspec.json.decode(msgspec.json.encode(order_answer(held, POLICY)), type=OrderAnswer)
    msgspec.json.decode(msgspec.json.encode(cancel_answer(an_order(**CANCELLED), POLICY, "")), type=CancelAnswer)


def test_two_answers_share_nothing_that_can_be_changed() -> None:
    first, second = order_answer(an_order(), POLICY), order_answer(an_order(), POLICY)
    assert first["addons"] is not second["addons"]


def test_details_are_stored_without_defaults_and_without_needless_fractions() -> None:
    details = Details(rtSPH=-2.0, rtCYL=-0.25, ltSPH=0.0, frameA=0.0, frameB=30.0, dateWanted=date(2026, 11, 9))
    assert details_text(details) == '{"dateWanted":"2026-11-09","frameB":30,"rtCYL":-0.25,"rtSPH":-2,"ltSPH":0}'
    assert details_text(Details()) == "{}"


def test_details_say_what_their_types_cannot() -> None:
    details = Details(frameA=29.5, frameB=15, frameED=0, dateTimeValid="2026-02-30T09:15:00.000Z")
    assert list(problems_of(details)) == [
        ("frameA", "is less than 30 (0 when unset)"),
        ("dateTimeValid", "is not a date and time (yyyy-mm-ddThh:mm:ss.fffZ)"),
    ]
    assert list(problems_of(Details(frameA=30, dateTimeValid="2026-02-28T09:15:00.000Z"))) == []


def _limits(kind: Any) -> list[object]:
    inspect = msgspec.inspect
    match kind:
        case inspect.Metadata(type=inner):
            return _limits(inner)
        case inspect.UnionType(types=types):
            return [limit for one in types for limit in _limits(one)]
        case inspect.ListType(item_type=item, max_length=most):
            return [most, *_limits(item)]
        case inspect.StrType(max_length=most):
            return [most]
        case inspect.FloatType(ge=least, le=most) | inspect.IntType(ge=least, le=most):
            return [least, most]
        case _:
            assert isinstance(kind, inspect.LiteralType | inspect.DateType | inspect.BoolType | inspect.NoneType)
            return []


def test_every_string_number_and_array_is_bounded() -> None:
    fields = msgspec.inspect.type_info(Details).fields  # type: ignore[attr-defined]
    assert [field.name for field in fields if None in _limits(field.type)] == []
