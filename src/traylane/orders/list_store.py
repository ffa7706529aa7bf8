"""How a list finds its orders: a count, keys in their order, and the orders of some keys.

Each combination of filters is a statement of its own, put together from the constants below; values only ever are
parameters. No combination reads all orders where it can be avoided:

- the orders that are not completed are few, cancelled ones included; what no index may know (status, station, hold,
  cancelled: a cancel or a scan would have to write it) is asked of their rows;
- a completed order is not cancelled and not held, and its station is in an index;
- so a list of both is made of two halves, each by its own index.

On SQLite each statement names its index; on PostgreSQL `OFFSET 0` keeps the planner from walking another one in the
hope of an early end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgspec

from traylane.db.database import Sql, Transaction
from traylane.orders.list_filters import MOST_SEARCHED, Filters, Sort, prefix_range, search_too_broad

Half = Literal["all", "open", "completed"]
_SHOWN = {"W": "on_hold AND NOT completed", "C": "completed"}


class Key(NamedTuple):
    """An order's place in a list: what it is sorted by, and its number."""

    value: str
    number: str


@dataclass(slots=True)
class _Statement:
    """The values of a statement while it is put together."""

    on_sqlite: bool
    values: list[Any] = field(default_factory=list)

    def value(self, given: object) -> str:
        """The place of a parameter."""
        self.values.append(given)
        return f"${len(self.values)}"

    def orders(self, index: str) -> str:
        """The table, read by `index` ("": by any)."""
        return f"orders INDEXED BY {index}" if self.on_sqlite and index else "orders"

    async def rows(self, tx: Transaction, text: str) -> Sequence[Sequence[Any]]:
        return await tx.rows(Sql.same(text), *self.values)


async def count(tx: Transaction, filters: Filters) -> int:
    """How many orders fit. Raises errors.BadArguments for a search that fits too many."""
    statement = _statement(tx)
    if filters.search is not None:
        await require_narrow(tx, filters)
        counted = [f"(SELECT count(*) FROM ({_found(statement, filters, Sort())}) AS found)"]
    else:
        counted = [_counted(statement, half, filters) for half in _halves(filters)]
    if not counted:
        return 0
    total: int = (await statement.rows(tx, f"SELECT {' + '.join(counted)}"))[0][0]
    return total


async def keys(
    tx: Transaction, filters: Filters, sort: Sort, *, after: Key | None, limit: int, offset: int = 0
) -> list[Key]:
    """The next `limit` keys behind `after`, `offset` left out."""
    statement = _statement(tx)
    if filters.search is not None:
        beyond = _where(_beyond(statement, sort, after))
        parts = [f"SELECT value, order_number FROM ({_found(statement, filters, sort)}) AS found {beyond}"]
    else:
        parts = [_walked(statement, half, filters, sort, after) for half in _halves(filters)]
    if not parts:
        return []
    if len(parts) > 1:
        each = f"{_order(sort)} LIMIT {statement.value(limit + offset)}"
        parts = [f"SELECT * FROM ({part} {each}) AS half{n}" for n, part in enumerate(parts)]
    text = f"{' UNION ALL '.join(parts)} {_order(sort)} LIMIT {statement.value(limit)}"
    if offset:
        text += f" OFFSET {statement.value(offset)}"
    return [Key(*row) for row in await statement.rows(tx, text)]


def _statement(tx: Transaction) -> _Statement:
    return _Statement(tx.pick(sqlite=True, postgres=False))


def _halves(filters: Filters) -> Iterator[Half]:
    """What a list is made of. One customer's orders are few enough to be looked at one by one."""
    completed = filters.status in (None, "C") and filters.cancelled is not True
    open_ = filters.status != "C"
    if filters.customer is not None or (completed and open_ and filters.cancelled is None and filters.station is None):
        yield "all"
        return
    if open_:
        yield "open"
    if completed:
        yield "completed"


def _walked(statement: _Statement, half: Half, filters: Filters, sort: Sort, after: Key | None) -> str:
    """The keys of one half, without order and limit."""
    index, sorted_by = _way(half, filters, sort)
    where = _conditions(statement, half, filters)
    columns = f"{sort.column} AS value, order_number"
    if sorted_by == sort.column:
        where.append(_beyond(statement, sort, after, value=sort.column))
        return f"SELECT {columns} FROM {statement.orders(index)} {_where(*where)}"
    fence = "" if statement.on_sqlite else " OFFSET 0"
    inner = f"SELECT {columns} FROM {statement.orders(index)} {_where(*where)}{fence}"
    return f"SELECT value, order_number FROM ({inner}) AS kept {_where(_beyond(statement, sort, after))}"


def _way(half: Half, filters: Filters, sort: Sort) -> tuple[str, str]:
    """The index of a half, and the column in whose order it comes."""
    if filters.customer is not None:
        return "ix_orders_customer_dates", "date_ordered"
    if half == "open":
        return "ix_orders_open", "order_number"
    if filters.station is not None:
        return "ix_orders_final_station", "order_number"
    ranged = {"date_ordered": filters.ordered, "date_wanted": filters.wanted}
    by = [column for column, given in ranged.items() if given is not None]
    if not by or sort.column in by:
        by = [sort.column]
    return ("uq_orders_order_number" if by[0] == "order_number" else f"ix_orders_{by[0]}"), by[0]


def _counted(statement: _Statement, half: Half, filters: Filters) -> str:
    """A subquery that counts one half. Completed ones are all but the open ones: both are counted in indexes alone."""
    if half == "completed" and filters.station is None:
        either = msgspec.structs.replace(filters, status=None, cancelled=None)
        return f"{_counted(statement, 'all', either)} - {_counted(statement, 'open', either)}"
    index = _way(half, filters, Sort())[0]
    if index == "uq_orders_order_number":
        index = ""
    where = _where(*_conditions(statement, half, filters))
    return f"(SELECT count(*) FROM {statement.orders(index)} {where})"


def _conditions(statement: _Statement, half: Half, filters: Filters) -> list[str]:
    """What must hold for an order of a half, search left aside."""
    say = statement.value
    found: list[str] = []
    if filters.customer is not None:
        found.append(f"customer_number = {say(filters.customer)}")
    for column, given in (("date_ordered", filters.ordered), ("date_wanted", filters.wanted)):
        if given is not None:
            found += [f"{column} >= {say(given[0])}", f"{column} <= {say(given[1])}"]
    if half == "completed":
        found.append("completed" if filters.station is None else f"final_station = {say(filters.station)}")
        return found
    if half == "open":
        found.append("NOT completed")
    if filters.station is not None:
        found.append(f"station = {say(filters.station)}")
    if filters.cancelled is not None:
        found.append(f"cancelled_at IS {'NOT ' if filters.cancelled else ''}NULL")
    if filters.status is not None:
        found.append(_SHOWN.get(filters.status) or f"status = {say(filters.status)} AND NOT on_hold")
    return found


def _found(statement: _Statement, filters: Filters, sort: Sort) -> str:
    """The keys of all orders that a search fits and the other filters let pass."""
    fence = "" if statement.on_sqlite else " OFFSET 0"
    conditions = _conditions(statement, "all", filters)
    parts = [
        f"SELECT {sort.column} AS value, order_number FROM {table} {_where(*prefix, *conditions)}{fence}"
        for table, prefix in _prefixes(statement, filters)
    ]
    return " UNION ".join(parts if statement.on_sqlite else [f"({part})" for part in parts])


async def require_narrow(tx: Transaction, filters: Filters) -> None:
    """Raises errors.BadArguments for a search that fits too many."""
    # Only a customer's own orders count for the customer: not even this refusal tells of others.
    statement = _statement(tx)
    customer = [] if filters.customer is None else [f"customer_number = {statement.value(filters.customer)}"]
    parts = [
        f"SELECT count(*) FROM (SELECT 1 FROM {table} {_where(*prefix, *customer)} LIMIT {MOST_SEARCHED + 1}) AS fit"
        for table, prefix in _prefixes(statement, filters)
    ]
    if any(row[0] > MOST_SEARCHED for row in await statement.rows(tx, " UNION ALL ".join(parts))):
        raise search_too_broad()


def _prefixes(statement: _Statement, filters: Filters) -> Iterator[tuple[str, list[str]]]:
    """Table and conditions for each kind of number that a search looks at."""
    assert filters.search is not None
    low, high = map(statement.value, prefix_range(filters.search))
    one = filters.customer is not None

    def within(column: str) -> list[str]:
        return [f"{column} >= {low}", f"{column} < {high}"]

    # A customer's own numbers are looked for among the customer's own orders.
    number = "order_number" if statement.on_sqlite or not one else "(order_number || '')"
    yield statement.orders("ix_orders_customer_dates" if one else "uq_orders_order_number"), within(number)
    yield statement.orders("ix_orders_customer_number" if one else "ix_orders_po_number"), within("po_number")
    job = [*within("customer_job_id"), "customer_job_id <> ''"]
    yield statement.orders("ix_orders_customer_job" if one else "ix_orders_job"), job
    tray = [*within("tray_number"), "tray_key IS NOT NULL"]
    yield statement.orders("ix_orders_customer_tray" if one else "ix_orders_tray"), tray


def _beyond(statement: _Statement, sort: Sort, after: Key | None, *, value: str = "value") -> str:
    if after is None:
        return ""
    sign = "<" if sort.descending else ">"
    if sort.column == "order_number":
        return f"order_number {sign} {statement.value(after.number)}"
    return f"({value}, order_number) {sign} ({statement.value(after.value)}, {statement.value(after.number)})"


def _order(sort: Sort) -> str:
    down = " DESC" if sort.descending else ""
    return (
        f"ORDER BY order_number{down}" if sort.column == "order_number" else f"ORDER BY value{down}, order_number{down}"
    )


def _where(*conditions: str) -> str:
    given = [condition for condition in conditions if condition]
    return f"WHERE {' AND '.join(given)}" if given else ""
