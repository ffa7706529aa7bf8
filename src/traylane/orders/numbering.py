"""Order numbers and trays for new orders: the next ones that are free.

A counter says where to go on. Its row is locked until the order is there, so that two services that create at once
never give the same; what others hold already, however it came, is left out. An order number is given once; trays go
round, so that one that was just released is not given at once.
"""

from __future__ import annotations

from traylane.db.database import Sql, Transaction

ORDER_NUMBERS = "order numbers"
TRAYS = "trays"

_MAKE = Sql.same("""
    INSERT INTO counters (name, first, next) VALUES ($1, $2, $2) ON CONFLICT (name) DO NOTHING""")
_LOCK = Sql(
    sqlite="SELECT first, next FROM counters WHERE name = ?1",
    postgres="SELECT first, next FROM counters WHERE name = $1 FOR UPDATE",
)
_SET = Sql.same("UPDATE counters SET first = $2, next = $3 WHERE name = $1")

_COUNT_ON_SQLITE = """
    WITH RECURSIVE range (n) AS (SELECT ?1 WHERE ?1 <= ?2 UNION ALL SELECT n + 1 FROM range WHERE n < ?2)
    SELECT n FROM range"""
# As a column, not as a table: only so many are made as are looked at.
_COUNT_ON_POSTGRES = "SELECT n FROM (SELECT generate_series($1::bigint, $2::bigint) AS n) AS range"
_FREE_NUMBERS = Sql(
    sqlite=f"""{_COUNT_ON_SQLITE}
        WHERE NOT EXISTS (SELECT 1 FROM orders WHERE order_number = printf('%0*d', ?4, n)) LIMIT ?3""",
    postgres=f"""{_COUNT_ON_POSTGRES} WHERE NOT EXISTS (
        SELECT 1 FROM orders WHERE order_number = lpad(n::text, greatest($4::int, length(n::text)), '0')
    ) LIMIT $3::int""",
)
_FREE_TRAYS = Sql(
    sqlite=f"{_COUNT_ON_SQLITE} WHERE NOT EXISTS (SELECT 1 FROM orders WHERE tray_key = n) LIMIT ?3",
    postgres=f"""{_COUNT_ON_POSTGRES}
        WHERE NOT EXISTS (SELECT 1 FROM orders WHERE tray_key = n::int) LIMIT $3::int""",
)


async def take_numbers(tx: Transaction, count: int, *, span: tuple[int, int], length: int) -> list[str]:
    """Up to `count` free order numbers of the range `span`, filled up with zeros; fewer when it is used up."""
    first, last = span
    start = await _position(tx, ORDER_NUMBERS, first)
    found = [row[0] for row in await tx.rows(_FREE_NUMBERS, start, last, count, length)]
    # When the range is used up, nobody need look through it again.
    await tx.rows(_SET, ORDER_NUMBERS, first, found[-1] + 1 if len(found) == count else last + 1)
    return [f"{number:0{length}d}" for number in found]


async def take_trays(tx: Transaction, count: int, *, span: tuple[int, int], but: frozenset[int]) -> list[str]:
    """Up to `count` trays of the pool `span` that hold no order, but none of `but`; as wide as the last one."""
    first, last = span
    start = await _position(tx, TRAYS, first)
    if not first <= start <= last:
        start = first
    wanted = count + len(but)
    found = [row[0] for row in await tx.rows(_FREE_TRAYS, start, last, wanted)]
    if len(found) < wanted:
        found += [row[0] for row in await tx.rows(_FREE_TRAYS, first, start - 1, wanted - len(found))]
    free = [tray for tray in found if tray not in but][:count]
    if free:
        await tx.rows(_SET, TRAYS, first, free[-1] + 1)
    return [f"{tray:0{len(str(last))}d}" for tray in free]


async def _position(tx: Transaction, name: str, first: int) -> int:
    """Where the counter stands, from now on ours until the transaction ends; `first` when the range is another one."""
    await tx.rows(_MAKE, name, first)
    [(counted_from, position)] = await tx.rows(_LOCK, name)
    return int(position) if counted_from == first else first
