"""`traylane` with a planted fault: it stops as its server stops, and sends nobody elsewhere before.

Run as `python -m tests.reliability.undrained serve …`.
"""

from __future__ import annotations

import sys

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from traylane.api.protocol import Protocol
from traylane.cli.main import main
from traylane.stopping import Stopping


def deaf(_self: Stopping) -> None:
    """Hear nothing."""


setattr(Stopping, "listen", deaf)  # noqa: B010 (a planted fault, which types would refuse)
setattr(Protocol, "shutdown", HttpToolsProtocol.shutdown)  # noqa: B010

if __name__ == "__main__":
    sys.exit(main())
