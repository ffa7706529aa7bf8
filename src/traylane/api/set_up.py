"""The set-up's endpoints: parse, call, present. One class serves every kind of rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from traylane import clock
from traylane.access import keys
from traylane.access.keys import KeyNotFound
from traylane.api.call import Call
from traylane.api.errors import NotSetUp
from traylane.api.http import Answer, Header, json_answer, without_secret
from traylane.api.schemas import basics, job_track
from traylane.api.schemas import set_up as shapes
from traylane.clock import Instant
from traylane.db.database import Transaction
from traylane.errors import BadArguments
from traylane.orders.lookup import echo
from traylane.policy import edit, setup_change, setup_store
from traylane.policy.catalogue import BY_NAME, SETTINGS, Setting
from traylane.policy.edit import SetupConflict
from traylane.policy.kinds import CUSTOMERS, OPERATORS, STATIONS, Kind, Rows, Setup
from traylane.policy.setup_change import Asker
from traylane.policy.setup_file import nearest
from traylane.policy.value_types import Value

_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class KindOfRows:
    """The endpoints of one kind. `for_customers`: whether a key that is bound to a customer may look."""

    kind: Kind
    for_customers: bool

    async def list(self, call: Call) -> Answer:
        """All of them, the retired included."""
        rows, version = await self._seen(call)
        limit, offset = basics.window(call.query)
        items = [{self.kind.key: code, **row} for code, row in rows.items()]
        return json_answer(200, {"total": len(items), "items": items[offset : offset + limit]}, _tag(version))

    async def fetch(self, call: Call) -> Answer:
        """One of them."""
        rows, version = await self._seen(call)
        code = call.path[0]
        if code not in rows:
            raise NotSetUp(provided=code)
        return json_answer(200, {self.kind.key: code, **rows[code]}, _tag(version))

    async def put(self, call: Call) -> Answer:
        """Set one up, or change it."""
        call.actor.require_unbound()
        row = _row(self.kind, call.path[0], _members(call))
        return await _saved(call, self.kind, row, {self.kind.key: call.path[0], **row})

    async def retire(self, call: Call) -> Answer:
        """Retire one: old orders keep pointing at it."""
        call.actor.require_unbound()
        code = call.path[0]

        async def work(tx: Transaction) -> Answer:
            rows = (await setup_store.load(tx, (self.kind,))).of(self.kind)
            if code not in rows:
                raise NotSetUp(provided=code)
            wanted = Setup({}, {self.kind.name: {code: {"active": False}}})
            applied = await edit.apply(tx, wanted, actor=call.actor, now=call.now)
            content = {self.kind.key: code, **rows[code], "active": False}
            return json_answer(200, content, _tag(applied.version))

        return await call.set_up(work)

    async def _seen(self, call: Call) -> tuple[Rows, int]:
        if not self.for_customers:
            call.actor.require_unbound()
        setup, version = await _look(call, (self.kind,))
        rows = setup.of(self.kind)
        if self.kind is CUSTOMERS and call.actor.customer is not None:
            rows = {number: row for number, row in rows.items() if number == call.actor.customer}
        return rows, version


async def put_station(call: Call) -> Answer:
    """Set up a station or an operator, or change it."""
    call.actor.require_unbound()
    given = _members(call)
    kind = OPERATORS if given.pop("operator") else STATIONS
    kept = {column.name for column in kind.columns}
    strange = [c.name for c in STATIONS.columns[1:] if c.name not in kept and given.pop(c.name) != c.default]
    row = _row(kind, call.path[0], given)
    if strange:
        raise SetupConflict([f"{name} is not for operators" for name in strange])
    return await _saved(call, kind, row, job_track.station(kind.as_model(call.path[0], row)))


async def settings(call: Call) -> Answer:
    """Every setting."""
    call.actor.require_unbound()
    setup, version = await _look(call, ())
    limit, offset = basics.window(call.query)
    items = [shapes.setting(found, setup.settings[found.name]) for found in SETTINGS]
    return json_answer(200, {"total": len(items), "items": items[offset : offset + limit]}, _tag(version))


async def setting(call: Call) -> Answer:
    """One setting."""
    call.actor.require_unbound()
    found = _setting(call.path[0])
    setup, version = await _look(call, ())
    return json_answer(200, shapes.setting(found, setup.settings[found.name]), _tag(version))


async def put_setting(call: Call) -> Answer:
    """Change a setting."""
    call.actor.require_unbound()
    found = _setting(call.path[0])
    if call.body is None:
        raise BadArguments("value is missing")
    value = call.body.value
    if wrong := found.check(value):
        raise BadArguments(f"value {wrong}")

    async def work(tx: Transaction) -> Answer:
        applied = await edit.apply(tx, Setup({found.name: value}), actor=call.actor, now=call.now)
        return json_answer(200, shapes.setting(found, value), _tag(applied.version))

    return await call.set_up(work)


async def list_keys(call: Call) -> Answer:
    """Every key without its secret, the revoked included."""
    call.actor.require_unbound()
    keyring, version = await setup_change.look(call.desk.db, call.desk.rulebook, _asker(call), keys.load)
    limit, offset = basics.window(call.query)
    items = [shapes.key(found) for found in keyring.keys]
    return json_answer(200, {"total": len(items), "items": items[offset : offset + limit]}, _tag(version))


async def create_key(call: Call) -> Answer:
    """Create a key; its secret is in this answer and nowhere else."""
    call.actor.require_unbound()
    body = call.body
    if body is None:
        raise BadArguments("name is missing", "scopes is missing")
    expires_at = _instant(body.expiresDateTime)

    async def work(tx: Transaction) -> Answer:
        made, secret = await keys.create(
            tx,
            name=body.name,
            scopes=body.scopes,
            customer=body.customerNumber,
            rate=body.rate,
            expires_at=expires_at,
            actor=call.actor,
            now=call.now,
        )
        version = await setup_store.locked_version(tx)
        return json_answer(201, shapes.new_key(made, secret), _tag(version))

    return await call.set_up(work, kept=without_secret)


async def revoke_key(call: Call) -> Answer:
    """Revoke a key: its next request is 401."""
    call.actor.require_unbound()
    id_ = call.path[0]
    if not _KEY_ID.fullmatch(id_):
        raise KeyNotFound(provided=echo(id_))

    async def work(tx: Transaction) -> Answer:
        revoked = await keys.revoke(tx, provided=id_, actor=call.actor, now=call.now)
        shown = msgspec.structs.replace(shapes.key(revoked), revokedDateTime=clock.to_text(call.now))
        return json_answer(200, shown, _tag(await setup_store.locked_version(tx)))

    return await call.set_up(work)


async def _saved(call: Call, kind: Kind, row: dict[str, Value], content: object) -> Answer:
    wanted = Setup({}, {kind.name: {call.path[0]: row}})

    async def work(tx: Transaction) -> Answer:
        applied = await edit.apply(tx, wanted, actor=call.actor, now=call.now)
        return json_answer(200, content, _tag(applied.version))

    return await call.set_up(work)


async def _look(call: Call, kinds: tuple[Kind, ...]) -> tuple[Setup, int]:
    async def work(tx: Transaction) -> Setup:
        return await setup_store.load(tx, kinds)

    return await setup_change.look(call.desk.db, call.desk.rulebook, _asker(call), work)


def _asker(call: Call) -> Asker:
    return Asker(actor=call.actor, now=call.now)


def _members(call: Call) -> dict[str, Any]:
    if call.body is None:
        raise BadArguments("the body is missing")
    return msgspec.structs.asdict(call.body)


def _row(kind: Kind, code: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """A complete row. Raises BadArguments for what only a column's own check knows."""
    row = {column.name: given[column.name] for column in kind.columns[1:]}
    checked = zip(kind.columns, (code, *row.values()), strict=True)
    problems = [f"{column.name} {wrong}" for column, value in checked if (wrong := column.type.check(value))]
    if problems:
        raise BadArguments(*problems)
    return row


def _setting(name: str) -> Setting:
    found = BY_NAME.get(name)
    if found is None:
        raise NotSetUp(provided=name, hint=nearest(name, BY_NAME).replace("; did", "Did"))
    return found


def _instant(given: str | None) -> Instant | None:
    try:
        return None if given is None else clock.from_text(given)
    except ValueError as error:
        raise BadArguments("expiresDateTime is not a date-time") from error


def _tag(version: int) -> Header:
    return b"etag", setup_change.tag(version).encode()
