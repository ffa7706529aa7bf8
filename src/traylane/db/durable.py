"""What was read is as durable as what is written."""

from __future__ import annotations

from traylane.db.database import Sql, Transaction

_NOTHING = Sql.same("SELECT 1")
# The transaction's number is asked for because a standby says then that it is read-only.
_WRITE_NOTHING = Sql(
    sqlite="SELECT 1", postgres="SELECT pg_current_xact_id(), pg_logical_emit_message(true, 'traylane', '')"
)


async def until_answered(tx: Transaction) -> None:
    """Return once the database has answered."""
    await tx.rows(_NOTHING)


async def until_durable(tx: Transaction) -> None:
    """Return once all that could be read before is where an acknowledged commit has to be.

    Where commits wait for a standby, a commit whose wait was broken off (by a crash, or by somebody who ended the
    session) is seen by everybody although no standby has it. A commit after it waits for both.
    """
    await tx.rows(_WRITE_NOTHING)
