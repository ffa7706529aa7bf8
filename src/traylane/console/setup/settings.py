"""The page of settings: one form, made from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console.sentences import refused
from traylane.console.setup import fields
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.fields import Entered, Field
from traylane.console.setup.labels import GROUPS
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import _
from traylane.db.database import Transaction
from traylane.errors import Refused
from traylane.policy import edit, setup_store
from traylane.policy.catalogue import SETTINGS
from traylane.policy.edit import Applied
from traylane.policy.kinds import Setup
from traylane.policy.setup_change import SetupChanged
from traylane.policy.setup_file import BadSetup

PART = "settings"


class SettingsPage:
    """Shows every setting, and changes those that were entered differently."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def open(self, asked: Asked, session: Session) -> Reply:
        """The form with what is set."""
        session.person.actor.require(Scope.SETUP_READ)
        said = _("Saved") if asked.query.get("saved") else ""
        return await self._page(asked, session, said=said)

    async def save(self, asked: Asked, session: Session) -> Reply:
        """Change what differs, all of it or nothing."""
        actor = session.person.actor
        actor.require(Scope.SETUP_WRITE)
        said = {each.name: fields.entered(each.type, each.name, asked.form) for each in SETTINGS}
        values = {each.name: fields.value_of(each.type, said[each.name]) for each in SETTINGS}
        wrong = {each.name: text for each in SETTINGS if (text := each.check(values[each.name]))}
        if wrong:
            return await self._page(asked, session, entered=said, wrong=wrong)
        now = self._area.desk.clock()

        async def work(tx: Transaction) -> Applied:
            return await edit.apply(tx, Setup(values), actor=actor, now=now)

        try:
            await self._area.change(asked, session, work, said)
        except (BadSetup, SetupChanged) as refusal:
            return await self._page(asked, session, entered=said, refusal=refusal)
        return go_to(f"{ROOT}/{PART}?saved=yes")

    async def _page(
        self,
        asked: Asked,
        session: Session,
        *,
        said: str = "",
        entered: Mapping[str, Entered] | None = None,
        wrong: Mapping[str, str] | None = None,
        refusal: Refused | None = None,
    ) -> Reply:
        setup, tag = await self._area.look(session, _settings)
        made = [_field(each.name, setup.settings[each.name], entered) for each in SETTINGS]
        problems = fields.place([f'"{name}" {text}' for name, text in (wrong or {}).items()], made)
        match refusal:
            case BadSetup():
                problems += fields.place(refusal.details(), made)
            case SetupChanged():
                problems.append(refused(refusal))
        return self._area.page(
            asked,
            session,
            PART,
            "setup_settings.html",
            # What was entered wrongly was judged by the set-up that it was entered for.
            tag if refusal or not entered else asked.form.get("tag", tag),
            groups=[(group, list(those)) for group, those in groupby(made, _group)],
            problems=problems,
            said=said,
        )


async def _settings(tx: Transaction) -> Setup:
    return await setup_store.load(tx, ())


def _field(name: str, value: Any, entered: Mapping[str, Entered] | None) -> Field:
    setting = next(each for each in SETTINGS if each.name == name)
    label = _(name.partition(":")[2])
    made = fields.field(name, setting.type, label, help_=_(setting.help), unit=_(setting.unit))
    stored = fields.shown(setting.type, value)
    made.entered = stored if entered is None else entered[name]
    made.now = fields.in_words(stored) if made.entered != stored else ""
    return made


def _group(field: Field) -> str:
    return _(GROUPS[field.name.partition(":")[0]])
