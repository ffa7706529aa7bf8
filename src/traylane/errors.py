"""What Traylane says when it does not do what was asked.

    Refused                     an anticipated "no": code for programs, sentence for people, data for both
    ├── BadArguments            the request itself is malformed
    ├── OrderChanged            If-Match names another revision
    └── Unavailable             not now; nothing was done
        ├── Busy                somebody else holds the order
        └── OutcomeUnknown      the answer was lost on the way; it may have been done
    Fault                       a sentence for the person who runs the server (database missing, read-only, …)

Every other refusal is declared in the module that raises it. Nothing in here knows about HTTP.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refused(Exception):
    """An anticipated "no". Compare `code` and `data`, never the text."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "Refused"
    is_final: ClassVar[bool] = False
    """Whether the answer is the outcome of the request, to be repeated for its Idempotency-Key."""
    override_scope: ClassVar[str | None] = None
    """The scope whose holder may go past this refusal, by asking for it; None when nobody may."""

    def __init__(self, **data: Any) -> None:
        super().__init__(self.sentence)
        self.data = data

    def details(self) -> list[str]:
        """What stands in `details` of the v2 error body, one string each."""
        return []

    def evidence(self) -> dict[str, Any]:
        """What proves the refusal (station, time, place in the sequence); empty when there is nothing to prove."""
        return {}

    def __str__(self) -> str:
        return "; ".join([self.sentence, *self.details()])


class BadArguments(Refused):
    """The request breaks a shape, a length or a range. `problems`: one sentence each."""

    code = "bad_arguments"
    sentence = "Incorrect arguments provided"

    def __init__(self, *problems: str) -> None:
        super().__init__(problems=list(problems))

    def details(self) -> list[str]:
        return list(self.data["problems"])


class OrderChanged(Refused):
    """If-Match names a revision that is not the order's current one. `current`: the entity tag now."""

    code = "changed"
    sentence = "Order has changed"

    def details(self) -> list[str]:
        return [f"Current: {self.data['current']}"]


class Unavailable(Refused):
    """Not now; nothing was done. `hint`: what to do; `retry_after`: seconds."""

    code = "unavailable"
    sentence = "Service unavailable"

    def __init__(self, hint: str = "Nothing was done; try again", *, retry_after: int = 1) -> None:
        super().__init__(hint=hint, retry_after=retry_after)

    def details(self) -> list[str]:
        return [str(self.data["hint"])]


class Busy(Unavailable):
    """Others keep changing or holding the order; nothing was done."""

    code = "busy"
    sentence = "Order is busy"


class OutcomeUnknown(Unavailable):
    """The database went away while it answered: the change may have been made."""

    code = "outcome_unknown"
    sentence = "Outcome unknown"

    def __init__(self) -> None:
        super().__init__("Fetch the order, or repeat the request with its Idempotency-Key", retry_after=2)


class Fault(Exception):
    """One sentence for the person who runs the server: what is wrong and what to do."""
