"""What was changed in the set-up, by whom and when: its events, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from traylane.access import people
from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console import say
from traylane.console.sentences import translated
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.labels import COLUMNS, KINDS
from traylane.console.web import Asked, Reply
from traylane.console.words import N_, _
from traylane.db.database import Transaction
from traylane.db.ids import NIL, to_text
from traylane.events import names, record
from traylane.events.seal import Event
from traylane.policy.edit import SETTINGS, WITHHELD
from traylane.staff import published

PART = "audit"
ON_A_PAGE = 50
MOST_DETAILS = 10
LONGEST = 160
_SAID = {
    names.SETUP_CHANGED: N_("Set-up changed"),
    names.KEY_CREATED: N_("Key made"),
    names.KEY_REVOKED: N_("Key revoked"),
    names.PERSON_CREATED: N_("Person let in"),
    names.PERSON_CHANGED: N_("Person changed"),
    names.WEBHOOK_CREATED: N_("Webhook made"),
    names.WEBHOOK_CHANGED: N_("Webhook changed"),
    names.WEBHOOK_DELETED: N_("Webhook removed"),
    names.WEBHOOK_DISABLED: N_("Webhook disabled"),
}
_Read = tuple[int, Sequence[Event], Mapping[str, str]]


class AuditPage:
    """Shows the events of the set-up."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def open(self, asked: Asked, session: Session) -> Reply:
        """One page of them."""
        actor = session.person.actor
        actor.require(Scope.SETUP_READ)
        given = asked.query.get("page", "1")
        page = int(given) if given.isascii() and given.isdecimal() and len(given) < 8 else 1
        (total, events, who), _tag = await self._area.look(session, _reader(page, names_people=actor.may(Scope.ADMIN)))
        policy, now = await self._area.desk.policy_for(actor), self._area.desk.clock()
        lines = [
            {
                "at": say.clock(event.at, policy.time_zone, now),
                "who": who.get(event.actor) or translated(published(event.actor)),
                "what": _(_SAID.get(event.type, event.type)),
                "details": _first(_details(event, who)),
            }
            for event in reversed(events)
        ]
        return self._area.page(
            asked,
            session,
            PART,
            "setup_audit.html",
            lines=lines,
            before=_link(page - 1) if page > 1 else "",
            after=_link(page + 1) if page * ON_A_PAGE < total else "",
        )


def _reader(page: int, *, names_people: bool) -> Any:
    async def work(tx: Transaction) -> _Read:
        total, _none = await record.history(tx, NIL, limit=0, offset=0)
        end = max(0, total - (max(page, 1) - 1) * ON_A_PAGE)
        start = max(0, end - ON_A_PAGE)
        _total, events = await record.history(tx, NIL, limit=end - start, offset=start)
        everybody = await people.everybody(tx) if names_people else []
        who = {person.actor.name: person.name for person in everybody}
        return total, events, who | {to_text(person.id): person.name for person in everybody}

    return work


def _link(page: int) -> str:
    return f"{ROOT}/{PART}" + (f"?page={page}" if page > 1 else "")


def _first(details: Iterator[str]) -> list[str]:
    """The first of many details, each as long as a line or two, and how many more there are."""
    known = [detail if len(detail) <= LONGEST else f"{detail[:LONGEST]}…" for detail in details]
    more = len(known) - MOST_DETAILS
    return known if more <= 0 else [*known[:MOST_DETAILS], _("and %(count)s more", count=more)]


def _details(event: Event, who: Mapping[str, str]) -> Iterator[str]:
    data: dict[str, Any] = msgspec.json.decode(event.data)
    match event.type:
        case names.SETUP_CHANGED:
            yield from map(_change, data["changes"])
        case names.KEY_CREATED:
            yield f"{data['name']}: {', '.join(data['scopes'])}"
        case names.KEY_REVOKED:
            yield data["name"]
        case names.PERSON_CREATED | names.PERSON_CHANGED:
            said = {"password": _("another password"), "disabled": _("let in no more")}
            what = said.get(data.get("what", ""), "") or _(data.get("role", ""))
            yield ": ".join(filter(None, [who.get(data["personId"], ""), what]))
        case _:
            yield ", ".join(filter(None, [data.get("host") or "", data.get("why", "")]))


def _change(change: dict[str, Any]) -> str:
    kind, code, before, after = change["kind"], change["code"], change["before"], change["after"]
    if kind == SETTINGS:
        return f"{code}: {_value(before['value'])} → {_value(after['value'])}"
    called = f"{_(KINDS[kind].many)} {code}" if kind in KINDS else f"{kind} {code}"
    if before is None:
        return ": ".join([called, _("new")])
    parts = (f"{_(COLUMNS.get(name, name))} {_value(before[name])} → {_value(value)}" for name, value in after.items())
    return f"{called}: {'; '.join(parts)}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return _("on") if value else _("off")
        case list():
            return ", ".join(map(str, value)) or _("empty")
        case _ if value == WITHHELD:
            return _("withheld")
        case _:
            return str(value) or _("empty")
