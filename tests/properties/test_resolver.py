"""Whatever orders there are and whatever a caller writes: both engines mean what a naive reading of the contract means.

The model below knows nothing of SQL, of indexes or of the code that it is held against; it walks a list.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.builders import EARLIER, execute
from traylane.db.database import Database, Sql, Transaction
from traylane.db.ids import new_id
from traylane.orders.look import look, settle_on
from traylane.orders.lookup import Kind, MoreThanOneRecord, RecordNotFound, Ref
from traylane.policy.rulebook import Rulebook


@dataclass(frozen=True)
class Row:
    """An order of the model."""

    number: str
    tray: str
    po: str
    customer: str
    status: str
    cancelled: bool
    released: bool

    @property
    def is_completed(self) -> bool:
        return self.status == "C"

    @property
    def holds_its_tray(self) -> bool:
        return self.tray != "" and not self.is_completed and not self.released


# Few values, so that kinds collide: 12 is an order number, a tray (as 12 or 00012) and a PO.
NUMBERS = ("1", "2", "12", "00012", "012", "A1", "a1", "99999", "12345678")
TRAYS = ("", "", "1", "2", "12", "00012", "99999", "0")
POS = ("", "1", "12", "00012", "A1", "A/17", "ä", " 12", "12 ", "P", "P", "P", "status", "x" * 20)
CUSTOMERS = ("77", "78")

rows = st.builds(
    Row,
    number=st.sampled_from(NUMBERS) | st.from_regex(r"[1-3][0-9]{2}", fullmatch=True),
    tray=st.sampled_from(TRAYS),
    po=st.sampled_from(POS),
    customer=st.sampled_from(CUSTOMERS),
    status=st.sampled_from("UVPPC"),
    cancelled=st.booleans(),
    released=st.booleans(),
)


def possible(drawn: Sequence[Row]) -> list[Row]:
    """Those that a database can hold together: numbers are unique, and a tray is held by one order at a time."""
    kept: list[Row] = []
    for row in drawn:
        tray_is_taken = any(k.holds_its_tray and int(k.tray) == int(row.tray) for k in kept if row.holds_its_tray)
        if tray_is_taken or any(k.number == row.number for k in kept):
            continue
        kept.append(row)
    return kept


def crowd(size: int, completed: bool) -> list[Row]:
    """Many orders with one PO."""
    return [Row(f"{500 + i}", "", "P", "77", "C" if completed else "V", False, False) for i in range(size)]


databases = st.builds(
    lambda some, many: possible([*some, *many]),
    st.lists(rows, min_size=8, max_size=24),
    st.builds(crowd, st.sampled_from([0, 0, 1, 9, 10, 11, 14]), st.booleans()),
)
collisions = st.sampled_from(NUMBERS + TRAYS + POS)
oddities = st.sampled_from(
    ["a\u0308", "0012", "000012", "+1", "1_2", "١", "\0", "1\0", "\ud800", " ", "\u00a0", "x" * 21]
)
identifiers = collisions | collisions | collisions | oddities | st.text(max_size=24)
questions = st.tuples(
    identifiers,
    st.sampled_from([None, None, Kind.ORDER, Kind.TRAY, Kind.PO]),
    st.sampled_from([None, None, *CUSTOMERS]),
)
Question = tuple[str, Kind | None, str | None]


@dataclass(frozen=True)
class Meant:
    """What an identifier means: how many orders, and their numbers; `also`: what later kinds it fits besides."""

    total: int
    numbers: frozenset[str]
    also: tuple[str, ...] = ()


def by_the_contract(orders: Sequence[Row], question: Question) -> Meant:
    """What the contract says."""
    given, by, customer = question
    text = unicodedata.normalize("NFC", given)
    mine = [row for row in orders if customer is None or row.customer == customer]
    if text.strip() == "" or len(text) > 20:
        return Meant(0, frozenset())
    is_tray = len(text) <= 5 and set(text) <= set("0123456789")
    numbered = [row for row in mine if by in (None, Kind.ORDER) and row.number == text]
    in_tray = [
        row for row in mine if by in (None, Kind.TRAY) and is_tray and row.holds_its_tray and int(row.tray) == int(text)
    ]
    with_po = [row for row in mine if by in (None, Kind.PO) and row.po == text]
    for i, fitting in enumerate((numbered, in_tray)):
        if fitting:
            others = [[row.number for row in later if row is not fitting[0]] for later in (in_tray, with_po)[i:]]
            also = tuple(numbers[0] if len(numbers) == 1 else "several" for numbers in others if numbers)
            return Meant(1, frozenset({fitting[0].number}), also)
    remaining = [row for row in with_po if not row.is_completed] or with_po
    return Meant(len(remaining), frozenset(row.number for row in remaining))


async def by_the_code(tx: Transaction, questions: Sequence[Question], rulebook: Rulebook) -> list[Meant]:
    """What the code says for a batch of questions."""
    refs = [Ref(given, by=by, customer=customer) for given, by, customer in questions]
    _, found = await look(tx, refs, rulebook)
    answers = []
    for ref, hits in zip(refs, found, strict=True):
        try:
            resolved = await settle_on(tx, ref, hits)
        except RecordNotFound:
            answers.append(Meant(0, frozenset()))
        except MoreThanOneRecord as several:
            named = frozenset(several.data["candidates"])
            answers.append(Meant(len(named) + several.data["more"], named))
        else:
            sentences = filter(None, resolved.note.rstrip(".").split(". "))
            also = ["several" if s.endswith("of other orders") else s.rpartition(" ")[2] for s in sentences]
            answers.append(Meant(1, frozenset({resolved.order.number}), tuple(also)))
    return answers


def agrees(said: Meant, expected: Meant) -> bool:
    """Of more than ten candidates any ten may be named."""
    named = len(said.numbers) == min(10, len(expected.numbers)) and said.numbers <= expected.numbers
    return named and (said.total, said.also) == (expected.total, expected.also)


async def fill(db: Database, orders: Sequence[Row]) -> None:
    rows = [
        (
            new_id(EARLIER),
            row.number,
            row.tray,
            int(row.tray) if row.holds_its_tray else None,
            row.po,
            row.customer,
            row.status,
            EARLIER if row.cancelled and not row.is_completed else None,
        )
        for row in orders
    ]
    await execute(db, Sql.same("DELETE FROM orders"))
    await db.write(lambda tx: tx.many(_INSERT, rows))


_INSERT = Sql.same("""
    INSERT INTO orders (id, order_number, tray_number, tray_key, po_number, customer_number, status, cancelled_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""")


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=databases, asked=st.lists(questions, min_size=4, max_size=12))
def test_an_identifier_means_what_the_contract_says(
    db: Database, runner: asyncio.Runner, orders: list[Row], asked: list[Question]
) -> None:
    expected = [by_the_contract(orders, question) for question in asked]
    rulebook = Rulebook()

    async def ask() -> tuple[list[Meant], list[Meant]]:
        await fill(db, orders)
        together = await db.read(lambda tx: by_the_code(tx, asked, rulebook))
        alone = await db.read(lambda tx: by_the_code(tx, asked[:1], rulebook))
        return together, alone

    together, alone = runner.run(ask())

    for answer in expected:
        event(f"{min(answer.total, 2)} meant, {len(answer.also)} besides")
    assert together[:1] == alone
    assert [(s, e) for s, e in zip(together, expected, strict=True) if not agrees(s, e)] == []


@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=databases, identifier=identifiers)
def test_another_customers_orders_do_not_exist(
    db: Database, runner: asyncio.Runner, orders: list[Row], identifier: str
) -> None:
    """For a key that is bound to a customer it makes no difference whether the others' orders are there."""
    question: Question = (identifier, None, "77")
    rulebook = Rulebook()

    async def ask(there: list[Row]) -> list[Meant]:
        await fill(db, there)
        return await db.read(lambda tx: by_the_code(tx, [question], rulebook))

    with_others = runner.run(ask(orders))
    without = runner.run(ask([row for row in orders if row.customer == "77"]))

    assert with_others == without
