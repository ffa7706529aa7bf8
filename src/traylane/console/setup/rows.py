"""The pages of what is set up row by row: stations, delete reasons, customers and the like. One class serves all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console.sentences import translated
from traylane.console.setup import fields, labels
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.fields import Entered, Field
from traylane.console.setup.forms import form_page
from traylane.console.table import NoSuchPage
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import _
from traylane.db.database import Transaction
from traylane.errors import BadArguments, Refused
from traylane.policy import edit, setup_store
from traylane.policy.edit import Applied
from traylane.policy.kinds import KINDS, STATIONS, Column, Kind, Rows, Setup
from traylane.policy.setup_change import SetupChanged
from traylane.policy.setup_file import BadSetup
from traylane.policy.value_types import SWITCH

ON_A_PAGE = 100
_PROBLEMS = (BadSetup, BadArguments, SetupChanged)
_KINDS = {kind.name: kind for kind in KINDS}


class RowPages:
    """Answers for every kind of rows."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def overview(self, asked: Asked, session: Session, name: str) -> Reply:
        """All of a kind, the retired included, page by page. Raises NoSuchPage."""
        session.person.actor.require(Scope.SETUP_READ)
        kind = _kind(name)
        rows, tag = await self._rows(session, kind)
        search = asked.query.get("search", "").strip()[:60]
        fitting = {code: row for code, row in rows.items() if _fits(search, code, row)}
        page = _page_asked(asked, len(fitting))
        some = list(fitting.items())[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        return self._area.page(
            asked,
            session,
            kind.name,
            "setup_rows.html",
            tag,
            called=labels.KINDS[kind.name],
            rows=[_listed(kind, code, row) for code, row in some],
            line=_line(kind, rows),
            total=len(fitting),
            search=search,
            searches=len(rows) > ON_A_PAGE,
            before=_link(kind, search, page - 1) if page > 1 else "",
            after=_link(kind, search, page + 1) if page * ON_A_PAGE < len(fitting) else "",
            said=_saved(asked),
        )

    async def new(self, asked: Asked, session: Session, name: str) -> Reply:
        """An empty form. Raises NoSuchPage."""
        session.person.actor.require(Scope.SETUP_WRITE)
        return await self._form(asked, session, _kind(name), None)

    async def open(self, asked: Asked, session: Session, name: str, code: str) -> Reply:
        """The form of one row. Raises NoSuchPage."""
        session.person.actor.require(Scope.SETUP_READ)
        return await self._form(asked, session, _kind(name), code)

    async def create(self, asked: Asked, session: Session, name: str) -> Reply:
        """Set up a new one. Raises NoSuchPage."""
        return await self._save(asked, session, _kind(name), None)

    async def save(self, asked: Asked, session: Session, name: str, code: str) -> Reply:
        """Change one. Raises NoSuchPage."""
        return await self._save(asked, session, _kind(name), code)

    async def _save(self, asked: Asked, session: Session, kind: Kind, code: str | None) -> Reply:
        actor = session.person.actor
        actor.require(Scope.SETUP_WRITE)
        key = asked.form.get(kind.key, "").strip() if code is None else code
        said = {each.name: fields.entered(each.type, each.name, asked.form) for each in kind.columns[1:]}
        row = {each.name: fields.value_of(each.type, said[each.name]) for each in kind.columns[1:]}
        checked = zip(kind.columns, (key, *row.values()), strict=True)
        wrong = [f"{each.name} {text}" for each, value in checked if (text := each.type.check(value))]
        entered = {kind.key: key, **said}
        if wrong:
            return await self._form(asked, session, kind, code, entered, BadArguments(*wrong))
        now = self._area.desk.clock()

        async def work(tx: Transaction) -> Applied:
            there = (await setup_store.load(tx, (kind,))).of(kind)
            if code is None and key in there:
                raise BadArguments(f"{kind.key} is in use")
            if code is not None and key not in there:
                raise NoSuchPage
            return await edit.apply(tx, Setup({}, {kind.name: {key: row}}), actor=actor, now=now)

        try:
            await self._area.change(asked, session, work, entered)
        except _PROBLEMS as refusal:
            return await self._form(asked, session, kind, code, entered, refusal)
        return go_to(f"{ROOT}/{kind.name}?saved={quote(key, safe='')}")

    async def _form(
        self,
        asked: Asked,
        session: Session,
        kind: Kind,
        code: str | None,
        entered: Mapping[str, Entered] | None = None,
        refusal: Refused | None = None,
    ) -> Reply:
        rows, tag = await self._rows(session, kind)
        if code is not None and code not in rows:
            raise NoSuchPage
        stored = {} if code is None else rows[code]
        made = [_field(column, stored.get(column.name, column.default), entered) for column in kind.columns[1:]]
        if code is None:
            made.insert(0, _field(kind.columns[0], "", entered))
        else:
            _tell_others_changes(made, kind, stored)
        called = labels.KINDS[kind.name]
        title, many = code or _(called.new), _(called.many)
        return form_page(self._area, asked, session, kind.name, tag, title=title, many=many, made=made, refusal=refusal)

    async def _rows(self, session: Session, kind: Kind) -> tuple[Rows, str]:
        async def work(tx: Transaction) -> Rows:
            return (await setup_store.load(tx, (kind,))).of(kind)

        return await self._area.look(session, work)


def _kind(name: str) -> Kind:
    if name not in _KINDS:
        raise NoSuchPage
    return _KINDS[name]


def _field(column: Column, value: Any, entered: Mapping[str, Entered] | None) -> Field:
    label = _(labels.COLUMNS[column.name])
    made = fields.field(column.name, column.type, label, help_=_(column.about), needed=column.default is None)
    if entered is not None:
        made.entered = entered[column.name]
    elif value is not None:
        made.entered = fields.shown(column.type, value)
    return made


def _tell_others_changes(made: list[Field], kind: Kind, stored: Mapping[str, Any]) -> None:
    types = {column.name: column.type for column in kind.columns}
    for field in made:
        is_set = fields.shown(types[field.name], stored[field.name])
        field.now = fields.in_words(is_set) if field.entered != is_set else ""


def _listed(kind: Kind, code: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the list shows it: its code, its name, and what is switched on."""
    flags = [c.name for c in kind.columns if c.type is SWITCH and c.name not in ("active", "nonCancel")]
    more = [translated(_(labels.COLUMNS[name])) for name in flags if row[name]]
    if row.get("requires"):
        more.append(_("after %(stations)s", stations=", ".join(row["requires"])))
    return {
        "code": code,
        "url": f"{ROOT}/{kind.name}/{quote(code, safe='')}",
        "text": row.get("desc") or row.get("name") or "",
        "more": ", ".join(more),
        "sequence": row.get("sequence"),
        "non_cancel": row.get("nonCancel", False),
        "active": row["active"],
    }


def _line(kind: Kind, rows: Rows) -> str:
    """The code of the station before which the non-cancel line is drawn; empty when there is none."""
    if kind is not STATIONS:
        return ""
    return next((code for code, row in rows.items() if row["nonCancel"] and row["active"]), "")


def _fits(search: str, code: str, row: Mapping[str, Any]) -> bool:
    text = f"{code} {row.get('desc', '')} {row.get('name', '')}"
    return search.casefold() in text.casefold()


def _page_asked(asked: Asked, total: int) -> int:
    given = asked.query.get("page", "1")
    page = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 1
    return max(1, min(page, -(-total // ON_A_PAGE)))


def _link(kind: Kind, search: str, page: int) -> str:
    given = {name: value for name, value in (("search", search), ("page", str(page))) if value not in {"", "1"}}
    return f"{ROOT}/{kind.name}" + ("?" + urlencode(given) if given else "")


def _saved(asked: Asked) -> str:
    code = asked.query.get("saved", "")[:60]
    return _("Saved: %(code)s", code=code) if code else ""
