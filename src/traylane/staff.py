"""The laboratory's people in what is recorded: a role and a code. The name stays in the table of people."""

from __future__ import annotations

import re

_PERSON = re.compile(r"(floor|terminal|desk|supervisor|admin)#[0-9a-f]{8}")


def recorded(role: str, id_: bytes) -> str:
    """How a person is written into events and cancellations: `desk#1f0c77ab`."""
    return f"{role}#{id_[-4:].hex()}"


def is_person(actor: str) -> bool:
    """Whether a recorded actor is a person: no integrator may be called so."""
    return _PERSON.fullmatch(actor) is not None


def published(actor: str) -> str:
    """A recorded actor as it leaves the house: of a person only the role."""
    return actor.partition("#")[0] if is_person(actor) else actor
