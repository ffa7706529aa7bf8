"""Forms of the set-up: their fields, what they say, and the pages that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from traylane.access.keys import TooManyLiveKeys
from traylane.access.people import NameTaken
from traylane.access.sessions import Session
from traylane.console.sentences import refused
from traylane.console.setup import fields
from traylane.console.setup.area import Area
from traylane.console.setup.fields import Field
from traylane.console.web import Asked, Reply
from traylane.errors import BadArguments, Refused
from traylane.policy.setup_change import SetupChanged
from traylane.policy.setup_file import BadSetup
from traylane.policy.value_types import Type
from traylane.webhooks.manage import TooManyEndpoints

PROBLEMS = (BadArguments, SetupChanged, NameTaken, TooManyLiveKeys, TooManyEndpoints)
"""What is the answer of a form, and is shown in it."""


class Line:
    """A field of a form: what it is called, and of which type its value is. `more`: what else the field has."""

    def __init__(self, name: str, label: str, type_: Type, help_: str = "", **more: Any) -> None:
        self.name = name
        self.type = type_
        self._empty = fields.field(name, type_, label, help_=help_)
        self._more = more

    def field(self) -> Field:
        """The field as a page shows it, empty."""
        return msgspec.structs.replace(self._empty, **self._more)


class Said:
    """What a form says, line by line. `values`: of those lines that are right."""

    def __init__(self, lines: Sequence[Line], form: Mapping[str, str]) -> None:
        self.lines = lines
        self.entered = {line.name: fields.entered(line.type, line.name, form) for line in lines}
        self.values = {line.name: fields.value_of(line.type, self.entered[line.name]) for line in lines}

    def require(self) -> None:
        """Raises BadArguments, one sentence for each value that its type does not allow."""
        checked = [(line.name, line.type.check(self.values[line.name])) for line in self.lines]
        if wrong := [f"{name} {text}" for name, text in checked if text]:
            raise BadArguments(*wrong)


def form_page(
    area: Area,
    asked: Asked,
    session: Session,
    part: str,
    tag: str,
    *,
    title: str,
    many: str,
    made: Iterable[Field],
    refusal: Refused | None = None,
    **values: Any,
) -> Reply:
    """The page of one form, with its refusal at the field that it is about."""
    shown = list(made)
    match refusal:
        case None:
            problems = []
        case BadArguments() | BadSetup():
            problems = fields.place(refusal.details(), shown)
        case _:
            problems = [refused(refusal)]
    # What was entered wrongly was judged by the set-up that it was entered for.
    kept = asked.form.get("tag", tag) if refusal and not isinstance(refusal, SetupChanged) else tag
    return area.page(
        asked,
        session,
        part,
        "setup_row.html",
        kept,
        title=title,
        many=many,
        fields=shown,
        problems=problems,
        **values,
    )


async def new_page(
    area: Area,
    asked: Asked,
    session: Session,
    part: str,
    lines: Iterable[Line],
    *,
    title: str,
    many: str,
    said: Said | None = None,
    refusal: Refused | None = None,
) -> Reply:
    """The form of something new: empty, or with what it said when it was refused."""
    tag = await area.tag(session)
    made = filled(lines, said.entered if said else {})
    return form_page(area, asked, session, part, tag, title=title, many=many, made=made, refusal=refusal)


def secret_page(
    area: Area,
    asked: Asked,
    session: Session,
    part: str,
    *,
    title: str,
    many: str,
    made: tuple[object, str] | None,
    use: str,
) -> Reply:
    """The page that shows the secret of what was `made`, once; nothing of it when its form came before."""
    secret = made[1] if made else ""
    return area.page(asked, session, part, "setup_secret.html", title=title, many=many, secret=secret, use=use)


def filled(lines: Iterable[Line], entered: Mapping[str, fields.Entered]) -> list[Field]:
    """The fields with what was entered, or with what is stored."""
    made = [line.field() for line in lines]
    for field in made:
        if field.name in entered and field.widget != "password":
            field.entered = entered[field.name]
    return made
