"""An order as one line of an import or export file."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from traylane.clock import Instant, from_text, to_text
from traylane.orders.bad_line import BadLine
from traylane.orders.document import cancel_answer, order_answer
from traylane.orders.exporting import export_line
from traylane.orders.interchange import ImportedOrder, Rows, read_line, rows_of_line
from traylane.orders.model import Order, OrderId, OrderNumber, Scan, Status
from traylane.policy.model import Policy, Reason, Station

ID = bytes(range(16))
POLICY = Policy(
    version=1,
    stations={
        "RCV": Station("RCV", "RECEIVING", "RECEIVED", sequence=10),
        "GEN": Station("GEN", "GEN-1 GENERATOR", "IN SURFACING", sequence=30, non_cancel=True),
    },
    reasons={"CUS": Reason("CUS", "Customer request")},
)
LEAST = {"orderNumber": "337178", "customerNumber": "1001", "status": "V"}
NINE = from_text("2026-11-02T09:00:00.000Z")
TEN = from_text("2026-11-02T10:00:00.250Z")
SCANS = [
    {"station": "RCV", "operator": "OPA", "dateTime": "2026-11-02T09:00:00.000Z"},
    {"station": "GEN", "dateTime": "2026-11-02T11:00:00.250+01:00"},
]


def a_line(**properties: Any) -> bytes:
    return msgspec.json.encode(LEAST | properties)


def rows(**properties: Any) -> Rows:
    return rows_of_line(a_line(**properties), order_id=ID, non_cancel=POLICY.non_cancel_stations)


def order_of(given_rows: Rows) -> Order:
    row = given_rows.order
    return Order(
        id=OrderId(row["id"]),
        number=OrderNumber(row["order_number"]),
        tray=row["tray_number"],
        po=row["po_number"],
        customer=row["customer_number"],
        status=Status(row["status"]),
        details=given_rows.details,
        non_cancel_scan=None,
        **{name: row[name] for name in ("on_hold", "revision", "station", "station_at", "scan_count")},
        **{name: value for name, value in row.items() if name.startswith(("cancel", "taken"))},
    )


def again(given_rows: Rows) -> Rows:
    row = given_rows.order
    released = row["tray_number"] != "" and row["tray_key"] is None and row["status"] != "C"
    scans = [Scan(*scan[1:]) for scan in given_rows.scans]
    line = export_line(order_of(given_rows), POLICY, scans, released=released)
    return rows_of_line(line, order_id=ID, non_cancel=POLICY.non_cancel_stations)


def test_number_customer_and_status_are_enough() -> None:
    assert rows().order == {
        "id": ID,
        "order_number": "337178",
        "tray_number": "",
        "tray_key": None,
        "po_number": "",
        "customer_number": "1001",
        "status": "V",
        "on_hold": False,
        "revision": 1,
        "station": None,
        "station_at": None,
        "scan_count": 0,
        "cancelled_at": None,
        "cancel_reason": None,
        "cancel_actor": None,
        "cancel_station": None,
        "cancel_override": False,
        "cancel_disposition": None,
        "taken_over_at": None,
        "customer_job_id": "",
        "date_wanted": "",
        "date_ordered": "",
    }
    assert (rows().details, rows().scans) == ("{}", [])


def test_scans_are_numbered_and_judged_by_the_stations_as_they_are_now() -> None:
    written = rows(status="P", scans=SCANS)
    assert written.scans == [(1, "RCV", "OPA", NINE, False, None), (2, "GEN", None, TEN, True, None)]
    assert (written.order["station"], written.order["station_at"], written.order["scan_count"]) == ("GEN", TEN, 2)


def test_what_a_scan_says_of_its_station_rules_over_the_set_up() -> None:
    said = [scan | {"nonCancel": value} for scan, value in zip(SCANS, (True, False), strict=True)]
    assert [scan[4] for scan in rows(scans=said).scans] == [True, False]


def test_a_released_tray_is_known_but_not_held() -> None:
    written = rows(trayNumber="00123", trayReleased=True).order
    assert (written["tray_number"], written["tray_key"]) == ("00123", None)


CANCELLED = {"dateTime": "2026-11-02T09:00:00.000Z"}
BROKEN = {"rt": {"kind": "broken", "breakage": "SCR", "employee": "TL"}, "lt": {"kind": "stock"}}


def test_what_became_of_the_parts_is_exported_and_imported() -> None:
    written = rows(cancellation=CANCELLED | {"disposition": BROKEN})
    assert msgspec.json.decode(written.order["cancel_disposition"]) == BROKEN
    assert again(written) == written


@pytest.mark.parametrize("part", [{"kind": "broken", "breakage": "SCR"}, {"kind": "stock", "employee": "TL"}])
def test_a_part_whose_codes_do_not_fit_its_end_is_a_bad_line(part: dict[str, str]) -> None:
    with pytest.raises(BadLine) as bad:
        rows(cancellation=CANCELLED | {"disposition": {"rt": part}})
    assert bad.value.field == "cancellation.disposition.rt"


def test_an_export_has_no_revision() -> None:
    assert b'"revision"' not in export_line(order_of(rows()), POLICY, [])


def test_a_station_that_is_not_set_up_is_not_non_cancel() -> None:
    assert rows(status="P", scans=[SCANS[0] | {"station": "OLD"}]).scans == [(1, "OLD", "OPA", NINE, False, None)]


@pytest.mark.parametrize(
    ("tray", "status", "key"), [("00123", "P", 123), ("0", "U", 0), ("00123", "C", None), ("", "P", None)]
)
def test_a_tray_is_kept_as_given_and_held_as_a_number_until_completion(tray: str, status: str, key: int | None) -> None:
    written = rows(trayNumber=tray, status=status)
    assert (written.order["tray_number"], written.order["tray_key"]) == (tray, key)


def test_a_held_order_goes_back_to_what_it_was() -> None:
    held = rows(status="W", onHold=True, statusBeforeHold="P").order
    assert (held["status"], held["on_hold"]) == ("P", True)


def test_a_held_order_was_valid_when_nothing_is_said() -> None:
    held = rows(status="W").order
    assert (held["status"], held["on_hold"]) == ("V", True)


def test_a_cancellation_is_kept_as_it_was() -> None:
    mark = {"dateTime": "2026-11-02T10:00:00.250Z", "actor": "office", "reason": "CUS", "station": "GEN"}
    written = rows(status="P", trayNumber="72544", cancellation=mark | {"override": True}).order
    assert [written[f"cancel{name}"] for name in ("led_at", "_reason", "_actor", "_station", "_override")] == [
        TEN, "CUS", "office", "GEN", True,
    ]  # fmt: skip
    assert (written["tray_number"], written["tray_key"]) == ("72544", 72544)


def test_the_details_are_stored_under_their_names_without_defaults() -> None:
    written = rows(rtSPH=-2.0, ltSPH=None, frameName="", addons=["SRC"], dateWanted="2026-11-09", dateOrdered=None)
    assert written.details == '{"addons":["SRC"],"dateWanted":"2026-11-09","rtSPH":-2}'


def test_a_date_time_is_kept_in_utc_to_the_millisecond() -> None:
    assert rows(dateTimeValid="2026-11-02T10:00:00.1239+01:00").details == (
        '{"dateTimeValid":"2026-11-02T09:00:00.123Z"}'
    )


def test_a_po_is_normalised_before_it_is_counted() -> None:
    written = rows(poNumber="u\u0308" * 20).order
    assert written["po_number"] == "\u00fc" * 20


def test_a_po_is_any_text_and_nothing_is_trimmed() -> None:
    assert rows(poNumber=' A/17 "x"\\u0000 ').order["po_number"] == ' A/17 "x"\\u0000 '


FULL = {
    "trayNumber": "00123",
    "poNumber": "Example",
    "customerJobId": "J-1",
    "status": "W",
    "statusBeforeHold": "P",
    "scans": SCANS,
    "rtSPH": -2.25,
    "rtCalculated": True,
    "addons": ["SRC"],
    "cancellation": {"dateTime": "2026-11-03T10:00:00.000Z", "actor": "office", "reason": "CUS", "station": "GEN"},
}


def test_an_exported_line_to_the_byte() -> None:
    line = export_line(order_of(rows(**FULL)), POLICY, [Scan("RCV", "OPA", NINE, False), Scan("GEN", None, TEN, True)])
    assert line.startswith(b'{"orderNumber":"337178","trayNumber":"00123","poNumber":"Example","addons":["SRC"],')
    assert line.endswith(
        b'"status":"W","statusDesc":"On Hold","unvalidMessage":"","statusBeforeHold":"P","scans":['
        b'{"station":"RCV","dateTime":"2026-11-02T09:00:00.000Z","nonCancel":false,"operator":"OPA"},'
        b'{"station":"GEN","dateTime":"2026-11-02T10:00:00.250Z","nonCancel":true}]}\n'
    )
    assert b"\n" not in line[:-1]


def test_what_was_exported_is_the_same_when_imported() -> None:
    assert again(rows(**FULL)) == rows(**FULL)


def test_a_fetched_order_can_be_imported_and_keeps_the_station_that_it_shows() -> None:
    fetched = order_answer(order_of(rows(**FULL | {"status": "P", "statusBeforeHold": None})), POLICY)
    written = rows_of_line(msgspec.json.encode(fetched), order_id=ID, non_cancel=POLICY.non_cancel_stations)
    assert written.scans == [(1, "GEN", None, TEN, True, None)]
    assert written.order["cancel_reason"] == "CUS"


def test_what_a_cancel_or_a_creation_answers_can_be_imported() -> None:
    answer = cancel_answer(order_of(rows(**FULL)), POLICY, "deleteReason was ignored") | {"creationRemarks": ["x"]}
    assert read_line(msgspec.json.encode(answer)).orderNumber == "337178"


def test_scans_rule_over_the_current_station() -> None:
    assert rows(scans=[], currentStation="GEN", currentStationDateTime="2026-11-02T09:00:00.000Z").scans == []


def test_two_scans_in_the_same_millisecond_are_in_order() -> None:
    assert [scan[0] for scan in rows(scans=[SCANS[0], SCANS[0]]).scans] == [1, 2]


# Every property of an import line, within its limits: a strategy made from the published types themselves.


def _text(least: int | None, most: int | None) -> st.SearchStrategy[str]:
    alphabet = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return st.text(alphabet, min_size=least or 0, max_size=min(most or 0, 40))


def _strategy(kind: Any) -> st.SearchStrategy[Any]:
    return STRATEGIES[type(kind)](kind)


STRATEGIES: dict[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    msgspec.inspect.Metadata: lambda kind: _strategy(kind.type),
    msgspec.inspect.UnionType: lambda kind: st.one_of(*map(_strategy, kind.types)),
    msgspec.inspect.ListType: lambda kind: st.lists(_strategy(kind.item_type), max_size=3),
    msgspec.inspect.LiteralType: lambda kind: st.sampled_from(kind.values),
    msgspec.inspect.StrType: lambda kind: _text(kind.min_length, kind.max_length),
    msgspec.inspect.FloatType: lambda kind: st.floats(kind.ge, kind.le) | st.integers(int(kind.ge), int(kind.le)),
    msgspec.inspect.IntType: lambda kind: st.integers(kind.ge, kind.le),
    msgspec.inspect.DateType: lambda kind: st.dates(),
    msgspec.inspect.BoolType: lambda kind: st.booleans(),
    msgspec.inspect.NoneType: lambda kind: st.none(),
}
MOMENTS = st.integers(0, from_text("9999-12-31T23:59:59.999Z")).map(lambda at: to_text(Instant(at)))
OUR_OWN = {
    "orderNumber": st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True),
    "trayNumber": st.from_regex(r"[0-9]{0,5}", fullmatch=True),
    "poNumber": _text(0, 10),
    "dateTimeValid": st.none() | MOMENTS,
    "trayTakenOverDateTime": st.none() | MOMENTS,
    "frameA": st.just(0) | st.floats(30, 80),
    "frameB": st.just(0) | st.floats(15, 80),
    "frameED": st.just(0) | st.floats(30, 80),
    "scans": st.none()
    | st.lists(
        st.fixed_dictionaries(
            {"station": st.sampled_from(["RCV", "GEN", "OLD"]), "dateTime": MOMENTS},
            optional={"operator": _text(0, 20), "nonCancel": st.booleans(), "deviceDateTime": st.none() | MOMENTS},
        ),
        max_size=4,
    ).map(lambda scans: sorted(scans, key=lambda scan: from_text(str(scan["dateTime"])))),
    "cancellation": st.none()
    | st.fixed_dictionaries(
        {"dateTime": MOMENTS},
        optional={"actor": _text(0, 100), "reason": _text(0, 20), "station": _text(0, 20), "override": st.booleans()},
    ),
    "status": st.sampled_from(["U", "V", "P", "C", "W"]),
    "statusBeforeHold": st.sampled_from(["U", "V", "P"]),
}
DERIVED = {
    "onHold", "currentStation", "currentStationDateTime", "calculationDesc", "creationRemarks", "message", "revision",
    "currentStationCustomerDesc", "currentStationDesc", "statusDesc",
}  # fmt: skip
PROPERTIES = {
    field.encode_name: OUR_OWN[field.encode_name] if field.encode_name in OUR_OWN else _strategy(field.type)
    for field in msgspec.inspect.type_info(ImportedOrder).fields  # type: ignore[attr-defined]
    if field.encode_name not in DERIVED
}
REQUIRED = ("orderNumber", "customerNumber", "status")


def _sound(properties: dict[str, Any]) -> dict[str, Any]:
    left_out = {"C": {"cancellation", "statusBeforeHold"}, "W": set[str]()}.get(
        properties["status"], {"statusBeforeHold"}
    )
    sound = {name: value for name, value in properties.items() if name not in left_out}
    if not all(sound.get(name) for name in ("cancellation", "trayNumber", "trayReleased")):
        sound.pop("trayTakenOverDateTime", None)
    return sound


LINES = st.fixed_dictionaries(
    {name: PROPERTIES[name] for name in REQUIRED},
    optional={name: strategy for name, strategy in PROPERTIES.items() if name not in REQUIRED},
).map(_sound)


@given(LINES)
def test_nothing_is_lost_between_export_and_import(properties: dict[str, Any]) -> None:
    first = rows_of_line(msgspec.json.encode(properties), order_id=ID, non_cancel=POLICY.non_cancel_stations)
    assert again(first) == first
    assert again(again(first)) == first
