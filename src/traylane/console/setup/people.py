"""The pages of the people who sign in at the console. Names are shown to those alone who may give them."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from traylane.access import passwords, people
from traylane.access.actor import Scope
from traylane.access.people import NAME_LENGTH, ROLES, Person
from traylane.access.sessions import Session
from traylane.console import say
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.forms import PROBLEMS, Line, Said, filled, form_page, new_page
from traylane.console.table import NoSuchPage
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import N_, _
from traylane.db.database import Transaction
from traylane.errors import BadArguments, Refused
from traylane.policy.value_types import text

PART = "people"
MANY = N_("People")


class PeoplePages:
    """Lets people in, gives them passwords, and lets them in no more."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def overview(self, asked: Asked, session: Session) -> Reply:
        """Everybody by name, the disabled ones included."""
        session.person.actor.require(Scope.ADMIN)
        found, tag = await self._area.look(session, people.everybody)
        said = asked.query.get("saved", "")[:NAME_LENGTH]
        return self._area.page(
            asked,
            session,
            PART,
            "setup_people.html",
            tag,
            people=found,
            urls={person.name: _url(person.name) for person in found},
            said=_("Saved: %(code)s", code=said) if said else "",
        )

    async def new(self, asked: Asked, session: Session) -> Reply:
        """An empty form."""
        session.person.actor.require(Scope.ADMIN)
        return await self._new_form(asked, session)

    async def create(self, asked: Asked, session: Session) -> Reply:
        """Let somebody in."""
        actor = session.person.actor
        actor.require(Scope.ADMIN)
        said, now = Said(_new_lines(), asked.form), self._area.desk.clock()
        try:
            said.require()
            hash_ = await _hash(asked.form.get("password", ""))

            async def work(tx: Transaction) -> Person:
                name, role = said.values["name"], said.values["role"]
                return await people.create(tx, name=name, role=role, hash_=hash_, actor=actor, now=now)

            await self._area.change(asked, session, work, said.values["name"])
        except PROBLEMS as refusal:
            return await self._new_form(asked, session, said, refusal)
        return go_to(f"{ROOT}/{PART}?saved={quote(said.values['name'], safe='')}")

    async def open(self, asked: Asked, session: Session, name: str) -> Reply:
        """One person. Raises NoSuchPage."""
        session.person.actor.require(Scope.ADMIN)
        return await self._page(asked, session, name, None)

    async def change(self, asked: Asked, session: Session, name: str) -> Reply:
        """Another password, or nobody's name any more. Raises NoSuchPage, PersonNotFound."""
        actor, now = session.person.actor, self._area.desk.clock()
        actor.require(Scope.ADMIN)
        disables = asked.form.get("do") == "disable"
        try:
            hash_ = "" if disables else await _hash(asked.form.get("password", ""))

            async def work(tx: Transaction) -> Person:
                if disables:
                    return await people.disable(tx, name=name, actor=actor, now=now)
                return await people.set_password(tx, name=name, hash_=hash_, actor=actor, now=now)

            await self._area.change(asked, session, work, disables)
        except PROBLEMS as refusal:
            return await self._page(asked, session, name, refusal)
        return go_to(f"{ROOT}/{PART}?saved={quote(name, safe='')}")

    async def _new_form(
        self, asked: Asked, session: Session, said: Said | None = None, refusal: Refused | None = None
    ) -> Reply:
        title, many = _("New person"), _(MANY)
        return await new_page(
            self._area, asked, session, PART, _new_lines(), title=title, many=many, said=said, refusal=refusal
        )

    async def _page(self, asked: Asked, session: Session, name: str, refusal: Refused | None) -> Reply:
        found, tag = await self._area.look(session, people.everybody)
        person = next((each for each in found if each.name == name), None)
        if person is None:
            raise NoSuchPage
        policy = await self._area.desk.policy_for(session.person.actor)
        now = self._area.desk.clock()
        disabled = person.disabled_at
        facts = [
            (_("Role"), _(person.role)),
            (_("In events"), person.actor.name),
            (_("Made"), say.clock(person.created_at, policy.time_zone, now)),
            *([] if disabled is None else [(_("Disabled"), say.clock(disabled, policy.time_zone, now))]),
        ]
        return form_page(
            self._area,
            asked,
            session,
            PART,
            tag,
            title=person.name,
            many=_(MANY),
            made=[] if disabled is not None else filled([_password()], {}),
            refusal=refusal,
            facts=facts,
            save=_("Give this password"),
            ends=[] if disabled is not None or person.id == session.person.id else [_end()],
        )


def _end() -> dict[str, str]:
    return {
        "do": "disable",
        "what": _("Let in no more"),
        "sure": _("Whoever is signed in by this name is out at once. The name is never given again."),
    }


def _new_lines() -> list[Line]:
    return [
        Line("name", _("Name"), text(NAME_LENGTH), needed=True),
        Line("role", _("Role"), text(20), widget="choice", choices=tuple(ROLES)),
        _password(),
    ]


def _password() -> Line:
    help_ = _("%(low)s characters or more.", low=passwords.SHORTEST)
    return Line("password", _("Password"), text(passwords.LONGEST), help_, widget="password", needed=True)


async def _hash(password: str) -> str:
    try:
        people.require_password(password)
    except BadArguments:
        wrong = _("needs %(low)s to %(high)s characters", low=passwords.SHORTEST, high=passwords.LONGEST)
        raise BadArguments(f"password {wrong}") from None
    return await asyncio.to_thread(passwords.hash_password, password)


def _url(name: str) -> str:
    return f"{ROOT}/{PART}/{quote(name, safe='')}"
