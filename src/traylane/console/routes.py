"""The console as an ASGI application: what people see and do in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traylane.access.actor import Forbidden
from traylane.console.pages import rows
from traylane.console.sentences import refused
from traylane.console.session import Door
from traylane.console.table import NoSuchPage, NotSo, Table
from traylane.console.web import Asked, BadForm, HungUp, Receive, Reply, Send, asked, go_to, page, send, static
from traylane.console.words import _, speak
from traylane.errors import Refused, Unavailable
from traylane.log import log, where
from traylane.orders.desk import Desk
from traylane.orders.lookup import RecordNotFound
from traylane.tracking.checkin_rules import StationNotFound

_STATIC = "/static/"
_AT_THE_DOOR = frozenset({"static", "sign-in", "sign-out", "language"})


class Console:
    """Answers browsers for one desk. `plain`: without TLS, which the server was told to allow."""

    def __init__(self, desk: Desk, *, plain: bool) -> None:
        self._door = Door(desk, plain=plain)
        self._table = Table(rows(desk, self._door))

    def answers(self, path: str) -> bool:
        """Whether the console answers this path."""
        return path.partition("/")[2].partition("/")[0] in _AT_THE_DOOR or self._table.knows(path)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, to: Send) -> None:
        """One request."""
        swaps = any(name == b"hx-request" for name, _ in scope["headers"])
        try:
            request = await asked(scope, receive)
            speak(self._door.language(request))
            reply = await self._answer(request)
        except HungUp:
            return
        except Refused as refusal:
            reply = _refused(refusal, swaps=swaps)
        except Exception as error:  # the last fence: a fault of ours is a page, never a trace
            log("fault", level="error", route="console", where=where(error))
            reply = _sorry(500, _("Something went wrong here; the log says where"), swaps=swaps)
        await send(reply, to, receive, with_body=scope["method"] != "HEAD")

    async def _answer(self, request: Asked) -> Reply:
        posts = request.method == "POST"
        if request.method not in {"GET", "HEAD", "POST"}:
            return _sorry(405, _("Not allowed"), swaps=request.swaps)
        if request.path.startswith(_STATIC):
            return static(request.path.removeprefix(_STATIC)) or _sorry(404, _("No such page"), swaps=False)
        if request.path == "/sign-in":
            return await self._door.sign_in(request) if posts else self._door.ask(request)
        if request.path == "/language" and posts:
            return self._door.choose_language(request)
        session = await self._door.session(request)
        if session is None:
            return self._door.sign_in_first(request)
        if posts:
            self._door.require_token(request)
        if request.path == "/sign-out":
            return await self._door.sign_out(request) if posts else go_to("/")
        handler, path = self._table.find("POST" if posts else "GET", request.segments)
        return await handler(request, session, *path)


def _refused(refusal: Refused, *, swaps: bool) -> Reply:
    match refusal:
        case Forbidden():
            return _sorry(403, _("Your role may not do this"), swaps=swaps)
        case BadForm():
            return _sorry(403, refused(refusal), swaps=swaps)
        case NoSuchPage():
            return _sorry(404, refused(refusal), swaps=swaps)
        case NotSo():
            return _sorry(405, refused(refusal), swaps=swaps)
        case RecordNotFound():
            return _sorry(404, refused(refusal), swaps=swaps)
        case StationNotFound():
            return _sorry(404, _("No such station"), swaps=swaps)
        case Unavailable():
            return _sorry(503, refused(refusal), swaps=swaps)
        case _:
            return _sorry(400, refused(refusal), swaps=swaps)


def _sorry(status: int, sentence: str, *, swaps: bool) -> Reply:
    return page("_sorry.html" if swaps else "sorry.html", status, sentence=sentence)
