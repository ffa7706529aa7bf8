"""The orders that every database of the measurement holds: the same every time, from their number alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

FIRST = 1_000_000
"""The first order number; seven digits, so that no order number is also a tray number."""

PRIME = 1_000_003
"""The stride of the walk: a prime, so that a walk over N orders meets each one before any one twice."""

START = 1_788_000_000_000
DATE_ORDERED = "2026-08-29"
DATE_WANTED = "2026-09-04"
CANCELLABLE_STATIONS = ("RCV", "BLK", "POL", "COT", "QA", "POL", "COT", "QA")
FULL_LINE = ("RCV", "BLK", "GEN", "POL", "COT", "EDG", "QA", "SHP")
STATIONS = [
    ("RCV", "RECEIVING", "RECEIVED", 10, False),
    ("BLK", "BLOCKER", "IN SURFACING", 20, False),
    ("GEN", "GEN-1 GENERATOR", "IN SURFACING", 30, True),
    ("POL", "POLISHER", "IN SURFACING", 40, False),
    ("COT", "COATING", "IN COATING", 50, False),
    ("EDG", "EDGER", "IN FINISHING", 60, True),
    ("QA", "FINAL INSPECTION", "IN FINISHING", 70, False),
    ("SHP", "SHIPPING", "SHIPPED", 80, False),
]


@dataclass(frozen=True)
class Rows:
    """One order as rows: `orders`, `order_details`, `scans`, in the order of the column names below."""

    order: tuple[Any, ...]
    details: tuple[bytes, str]
    scans: list[tuple[bytes, int, str, str, int, bool]]


ORDER_COLUMNS = [
    "id",
    "order_number",
    "tray_number",
    "tray_key",
    "po_number",
    "customer_number",
    "customer_job_id",
    "date_wanted",
    "date_ordered",
    "status",
    "revision",
    "station",
    "station_at",
    "scan_count",
]
DETAIL_COLUMNS = ["order_id", "data"]
SCAN_COLUMNS = ["order_id", "seq", "station", "operator", "at", "non_cancel"]


def cancellable(total: int) -> int:
    """How many of `total` orders can be cancelled: nine of ten; the tenth is completed."""
    return total // 10 * 9


def number(place: int, total: int) -> str:
    """The order number at a place of the walk: scattered over the whole table, no one twice."""
    at = place * PRIME % cancellable(total)
    return str(FIRST + at // 9 * 10 + at % 9)


def generate(total: int) -> Iterator[Rows]:
    random = Random(20260101)
    for index in range(total):
        yield one(index, random)


def one(index: int, random: Random) -> Rows:
    ordered_at = START + index * 60_000
    id_ = uuid7(ordered_at, random)
    completed, untouched = index % 10 == 9, index % 10 == 0
    line = FULL_LINE if completed else () if untouched else CANCELLABLE_STATIONS[: 4 + index % 5]
    has_tray = index < 99_999
    order = (
        id_,
        str(FIRST + index),
        f"{index + 1:05d}" if has_tray else "",
        index + 1 if has_tray and not completed else None,
        f"PO-{index * 7919 % 10_000_000:07d}",
        "1001",
        f"J{index:08d}",
        DATE_WANTED,
        DATE_ORDERED,
        "C" if completed else "V" if untouched else "P",
        1 + len(line),
        line[-1] if line else None,
        ordered_at + len(line) * 900_000 if line else None,
        len(line),
    )
    scans = [
        (id_, seq, station, f"T{seq:02d}", ordered_at + seq * 900_000, station in ("GEN", "EDG"))
        for seq, station in enumerate(line, 1)
    ]
    return Rows(order, (id_, json.dumps(details(index, random), separators=(",", ":"))), scans)


def uuid7(at: int, random: Random) -> bytes:
    value = at << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62)
    return value.to_bytes(16, "big")


def details(index: int, random: Random) -> dict[str, Any]:
    """About 1.2 KB of what a laboratory knows about a pair of glasses, by the names of the API."""
    job: dict[str, Any] = {
        "arCode": "SRC",
        "arDesc": "Scratch coat",
        "calculationDesc": "Both eyes calculated",
        "createdUser": "order desk",
        "customerJobId": f"J{index:08d}",
        "dateOrdered": DATE_ORDERED,
        "dateReceived": "2026-08-30",
        "dateTimeValid": "2026-08-30T08:15:00.000Z",
        "dateWanted": DATE_WANTED,
        "frameA": 52.5,
        "frameB": 34.0,
        "frameBridge": 18,
        "frameCircumference": 144.2,
        "frameColor": "TORTOISE",
        "frameED": 55.1,
        "frameEye": 52,
        "frameManufacturer": "SAFI",
        "frameName": f"MODEL {index % 900}",
        "frameSKU": f"SKU{index % 9000:06d}",
        "frameStatusCode": "S",
        "frameTemple": 140,
        "frameType": "ZYL",
        "frameUPC": f"{8_800_000_000 + index}",
        "jobType": "F",
        "pantoscopicTilt": 8.0,
        "rtCalculated": True,
        "ltCalculated": True,
        "addons": ["SRC", "UV"],
    }
    for eye in ("rt", "lt"):
        job.update({eye + name: value for name, value in lens(random).items()})
    return job


def lens(random: Random) -> dict[str, Any]:
    return {
        "LensStyle": "PAL-COMFORT",
        "LensMaterial": "POLY",
        "LensColor": "CLEAR",
        "LensTreat": "AR-PREMIUM",
        "MBASE": "4.00",
        "DIA": "70",
        "PRVA1": "IN",
        "SPH": random.randrange(-600, 600, 25) / 100,
        "CYL": random.randrange(-300, 0, 25) / 100,
        "AX": random.randrange(1, 181),
        "ADD": random.randrange(75, 300, 25) / 100,
        "IPD": random.randrange(280, 350) / 10,
        "NPD": random.randrange(260, 330) / 10,
        "OCHT": random.randrange(180, 260) / 10,
        "SEGHT": random.randrange(140, 220) / 10,
        "PRVM1": 0.5,
        "MINCTR": 2.0,
        "MINEDG": 1.5,
        "BCOCUP": 4.25,
    }
