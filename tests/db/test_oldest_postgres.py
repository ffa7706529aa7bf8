"""PostgreSQL 15 is enough: what came later is taken out of a newer server, and the schema is made all the same."""

from __future__ import annotations

import asyncpg
import pytest

from tests.db import outside
from traylane.db import migrate
from traylane.db.revision import HEAD

WITHOUT = (
    "SET allow_system_table_mods = on",
    "DELETE FROM pg_proc WHERE proname IN ('max', 'min') AND proargtypes = '17'",  # bytea
)


async def test_the_schema_is_made_without_what_is_newer(empty_postgres_url: str) -> None:
    await outside.execute(empty_postgres_url, *WITHOUT)

    with pytest.raises(asyncpg.UndefinedFunctionError):
        await outside.execute(empty_postgres_url, "SELECT max(''::bytea)")
    assert await migrate.upgrade(empty_postgres_url) == (None, HEAD)
