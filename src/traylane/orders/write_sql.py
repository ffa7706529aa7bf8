"""The guarded write as one statement of PostgreSQL: the update, and whatever goes in with it."""

from __future__ import annotations

from traylane.orders.tray_store import moves_on_postgres

TYPES = {
    "tray_number": "text",
    "tray_key": "int",
    "po_number": "text",
    "customer_job_id": "text",
    "date_wanted": "text",
    "date_ordered": "text",
    "status": "text",
    "on_hold": "boolean",
    "station": "text",
    "station_at": "bigint",
    "scan_count": "int",
    "cancelled_at": "bigint",
    "cancel_reason": "text",
    "cancel_actor": "text",
    "cancel_station": "text",
    "cancel_override": "boolean",
    "taken_over_at": "bigint",
    "cancel_disposition": "text",
}
"""The columns of `orders` that a change may set, and their types on PostgreSQL."""
IDENTITY = {
    "id": "bytea",
    "revision": "int",
    "event_id": "bytea",
    "event_at": "bigint",
    "event_actor": "text",
    "event_data": "text",
}
DETAILS = {"new_details": "text"}
TRAY = {"old_tray": "int"}
SCAN = {
    "scan_seq": "int",
    "scan_station": "text",
    "scan_operator": "text",
    "scan_at": "bigint",
    "scan_non_cancel": "boolean",
    "scan_device_at": "bigint",
}
ANSWER = {
    "integrator": "text",
    "key": "text",
    "fingerprint": "bytea",
    "order_id": "bytea",
    "revision": "int",
    "at": "bigint",
    "answer": "bytea",
}


def update(columns: tuple[str, ...]) -> str:
    """The update of one order on either engine: its id first, then what the columns are set to."""
    numbered = "".join(f", {name} = ${i}" for i, name in enumerate(columns, 2))
    return f"UPDATE orders SET revision = revision + 1{numbered} WHERE id = $1"


def one_on_postgres(fields: dict[str, str], columns: tuple[str, ...], event: str) -> str:
    given = {name: f"${i}::{type_}" for i, (name, type_) in enumerate(fields.items(), 2)}
    numbered = ", ".join(f"{name} = {given[name]}" for name in columns)
    inserts = _inserts(given, event)
    return f"""
    WITH u AS (
        UPDATE orders SET revision = revision + 1, {numbered}
        WHERE id = {given["id"]} AND revision = {given["revision"]} AND (SELECT version FROM config WHERE one = 1) = $1
        RETURNING id AS order_id, revision AS seq
    ), {inserts}
    SELECT order_id FROM u"""


def many_on_postgres(fields: dict[str, str], columns: tuple[str, ...], event: str) -> str:
    arrays = ", ".join(f"${i}::{type_}[]" for i, type_ in enumerate(fields.values(), 2))
    updates = ", ".join(f"{name} = i.{name}" for name in columns)
    inserts = _inserts({name: f"u.{name}" for name in fields}, event)
    # Rows are updated, and so locked, in the order in which they are given: sessions have no other join than the one
    # that takes row after row of `i`. So batches that are sorted by id never deadlock.
    return f"""
    WITH i AS MATERIALIZED (
        SELECT * FROM unnest({arrays}) AS i({", ".join(fields)})
    ), u AS (
        UPDATE orders o SET revision = o.revision + 1, {updates}
        FROM i
        WHERE o.id = i.id AND o.revision = i.revision AND (SELECT version FROM config WHERE one = 1) = $1
        RETURNING o.id AS order_id, o.revision AS seq, i.*
    ), {inserts}"""


def answers_on_postgres(*, first: int) -> str:
    """What stores answers beside changes; its parameters are numbered from `first` on."""
    arrays = ", ".join(f"${i}::{type_}[]" for i, type_ in enumerate([*ANSWER.values(), "bytea"], first))
    names = ", ".join(ANSWER)
    return f"""a AS (
        INSERT INTO answers ({names})
        SELECT {names} FROM unnest({arrays}) AS k({names}, if_written)
        WHERE k.if_written IS NULL OR k.if_written IN (SELECT order_id FROM u)
    )"""


def _inserts(given: dict[str, str], event: str) -> str:
    inserts = f"""e AS (
        INSERT INTO events (subject_id, seq, id, type, at, actor, data)
        SELECT u.order_id, u.seq, {given["event_id"]}, '{event}', {given["event_at"]}, {given["event_actor"]},
            {given["event_data"]} FROM u
    )"""
    if "scan_seq" in given:
        scan = ", ".join(given[name] for name in SCAN)
        inserts += f""", s AS (
        INSERT INTO scans (order_id, seq, station, operator, at, non_cancel, device_at)
        SELECT u.order_id, {scan} FROM u
    )"""
    if "new_details" in given:
        inserts += f""", d AS (
        INSERT INTO order_details (order_id, data)
        SELECT u.order_id, {given["new_details"]} FROM u WHERE {given["new_details"]} IS NOT NULL
        ON CONFLICT (order_id) DO UPDATE SET data = excluded.data
    )"""
    if "old_tray" in given:
        inserts += f", t AS ({moves_on_postgres(given['old_tray'], given['tray_key'])})"
    return inserts
