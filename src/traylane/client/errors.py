"""What the client raises.

ClientError
├── Refused        the service said no: `code` for programs, `error` and `details` for people. A class for each
│                  code stands in `refusals`
├── NotReached     no connection: nothing was done
├── AnswerLost     the connection broke before the answer came: it may have been done
└── NotTraylane    what answered is no Traylane
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class ClientError(Exception):
    """A call that has no answer to return.

    `idempotency_key` is the one that was sent, if any: with it the same call may be made again, later or by another
    process, without a second effect.
    """

    idempotency_key: str | None = None


class Refused(ClientError):
    """The service said no. Compare `code`, never the text.

    `evidence`: what proves it (station, time, sequence …). `retry_after`: seconds, when trying again may help.
    """

    code: ClassVar[str] = ""

    def __init__(
        self,
        *,
        status: int,
        given_code: str,
        error: str,
        details: Sequence[str] = (),
        evidence: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__("; ".join([error, *details]))
        self.status = status
        self.given_code = given_code
        """The code that came: a service newer than this client may have one that has no class here."""
        self.error = error
        self.details = list(details)
        self.evidence = dict(evidence or {})
        self.retry_after = retry_after


class NotReached(ClientError):
    """No connection to the service; nothing was done."""


class AnswerLost(ClientError):
    """The connection broke, or it took too long, before the answer came: a change may have been made."""


class NotTraylane(ClientError):
    """The answer is not one that a Traylane gives: another program, or a proxy in between."""
