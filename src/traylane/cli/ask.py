"""Where a command's questions go: to the desk on the database, or to a service somewhere else.

Both have the methods of the client, so a command is written once: `ask(place, lambda desk: desk.fetch_order(…))`.
On the database the desk is the very one that the service has, without HTTP and without a key.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import typer

from traylane.cli.opened import at_desk, interruptible
from traylane.errors import BadArguments, Fault, Refused

if TYPE_CHECKING:
    from traylane.client import AsyncClient
    from traylane.client.async_methods import AsyncMethods
    from traylane.client.errors import Refused as Answered
    from traylane.orders.desk import Desk

T = TypeVar("T")
Question = Callable[["AsyncMethods"], Awaitable[T]]


class Place(NamedTuple):
    """A database, or a service and the key to it."""

    database: str
    url: str
    key: str


class Said(Refused):
    """A refusal of a service, word for word. `status`: its HTTP status."""

    def __init__(self, refusal: Answered) -> None:
        super().__init__(status=refusal.status)
        self.code = refusal.given_code  # type: ignore[misc]  # what came, whatever it is
        self.sentence = refusal.error  # type: ignore[misc]
        self._details = refusal.details

    def details(self) -> list[str]:
        return self._details


def ask(place: Place, question: Question[T]) -> T:
    """The answer to `question`.

    Raises errors.Refused as the desk does, and errors.Fault with one sentence when the database or the service cannot
    be used.
    """
    if not _is_remote(place):
        from traylane.cli.local_desk import LocalDesk

        async def work(desk: Desk) -> T:
            return await question(LocalDesk(desk))

        return at_desk(place.database, work)
    import asyncio

    with interruptible():
        return asyncio.run(_ask_service(_client(place), place.url, question))


def _is_remote(place: Place) -> bool:
    """Whether the service is meant. What stands on the command line wins over the environment."""
    given = [name for name in ("database", "url") if getattr(place, name)]
    if len(given) == 2:
        typed = [name for name in given if getattr(place, name) != os.environ.get(f"TRAYLANE_{name.upper()}")]
        if len(typed) != 1:
            raise typer.BadParameter("name a database or a service, not both", param_hint="--url")
        given = typed
    return given == ["url"]


def _client(place: Place) -> AsyncClient:
    from traylane.client import AsyncClient

    try:
        return AsyncClient(place.url, place.key or None)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None


async def _ask_service(client: AsyncClient, url: str, question: Question[T]) -> T:
    from traylane.client import errors

    try:
        async with client:
            return await question(client)
    except errors.Refused as refusal:
        raise _said(refusal) from None
    except errors.NotReached:
        raise Fault(f"No service answers at {url}: check the address, and that it runs") from None
    except errors.AnswerLost:
        raise Fault(f"The answer of {url} got lost: it may have been done; look before you try again") from None
    except errors.NotTraylane as error:
        raise Fault(f"{error} ({url})") from None


def _said(refusal: Answered) -> Refused:
    if refusal.given_code == BadArguments.code:
        return BadArguments(*refusal.details)
    said = Said(refusal)
    if refusal.status == 401:
        said.add_note("Give a key with --key or TRAYLANE_KEY")
    return said
