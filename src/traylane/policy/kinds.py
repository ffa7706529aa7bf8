"""What is set up beside the settings, kind by kind: the properties of a row, and where they lie.

The set-up file, the API, the command line, storage and the snapshot for rules are all made from these. A further
property of a station or an add-on is a line here with `in_document=True` and an attribute of the model: no migration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from traylane.policy import model
from traylane.policy.value_types import SWITCH, Type, Value, code, codes, text, whole


@dataclass(frozen=True, slots=True)
class Column:
    """One property of a row. `default` is what a new row gets, None when it must be given.

    `attribute` is its name on the model and in the table, unless it lies in the row's JSON document, by its own name.
    What is `personal` may name a person and stays out of events.
    """

    name: str
    attribute: str
    type: Type
    default: Value | None = None
    about: str = ""
    personal: bool = False
    in_document: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One array of tables of the file. The first column identifies a row.

    `one`: what a single row is called. `fixed`: what all rows of the kind have in their table. `order`: what rows are
    sorted by before their code.
    """

    name: str
    one: str
    table: str
    model: type[Any]
    columns: tuple[Column, ...]
    fixed: Mapping[str, bool] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.columns[0].name

    def complete(self, row: Mapping[str, Value]) -> dict[str, Value]:
        """`row` with the defaults of what it leaves out."""
        given = {column.name: row.get(column.name, column.default) for column in self.columns[1:]}
        return {name: value for name, value in given.items() if value is not None}

    def lacking(self, row: Mapping[str, Value]) -> list[str]:
        """What a new row must have and `row` has not."""
        return [column.name for column in self.columns[1:] if column.default is None and column.name not in row]

    def as_model(self, code: str, row: Mapping[str, Value]) -> Any:
        """A complete row as rules get it."""
        attributes = {
            column.attribute: column.type.parse(row[column.name])
            for column in self.columns[1:]
            if column.attribute in self.model.__dataclass_fields__
        }
        return self.model(code, **attributes, **self.fixed)


def _flag(name: str, attribute: str, about: str) -> Column:
    return Column(name, attribute, SWITCH, False, about)


def _in_document(name: str, attribute: str, about: str) -> Column:
    return Column(name, attribute, SWITCH, False, about, in_document=True)


_ACTIVE = Column("active", "active", SWITCH, True, "In use; a retired one stays for what points at it.")

CUSTOMERS = Kind(
    "customers",
    "customer",
    "customers",
    model.Customer,
    (Column("number", "number", code(8)), Column("name", "name", text(60), personal=True), _ACTIVE),
)
STATIONS = Kind(
    "stations",
    "station",
    "stations",
    model.Station,
    (
        Column("code", "code", code(10)),
        Column("desc", "description", text(40)),
        Column("customerDesc", "customer_description", text(40), "", "As a customer may read it."),
        Column("sequence", "sequence", whole(0, 9999), 0, "Its place in the line."),
        _flag("nonCancel", "non_cancel", "An order that was scanned here can no longer be cancelled."),
        _flag("requiresOperator", "requires_operator", "A check-in here must name an operator."),
        _ACTIVE,
        _in_document("isAR", "is_ar", "Does AR: only orders that need AR may come here, where steps are verified."),
        _in_document("finalQA", "final_qa", "Final QA, which an order passes before it is completed."),
        _in_document("cancelRack", "cancel_rack", "Where the trays of cancelled orders go; a scan here ends a recall."),
        Column("requires", "requires", codes(10, 50), [], "Stations that must come before.", in_document=True),
    ),
    fixed={"is_operator": False},
    order=("sequence",),
)
OPERATORS = Kind(
    "operators",
    "operator",
    "stations",
    model.Station,
    (Column("code", "code", code(10)), Column("desc", "description", text(40), personal=True), _ACTIVE),
    fixed={"is_operator": True},
)
REASONS = Kind(
    "reasons",
    "delete reason",
    "reasons",
    model.Reason,
    (
        Column("code", "code", code(20)),
        Column("desc", "description", text(40)),
        _flag("allowsOverride", "allows_override", "Good enough to cancel past a non-cancel station."),
        _ACTIVE,
    ),
)
ADDONS = Kind(
    "addons",
    "add-on",
    "addons",
    model.Addon,
    (
        Column("code", "code", code(20)),
        Column("desc", "description", text(40), in_document=True),
        _in_document("excludeFromRxSite", "exclude_from_rx_site", "Not offered on the order site."),
        Column("externalCode", "external_code", text(20), "", "Its code in other systems.", in_document=True),
        _in_document("isAR", "is_ar", "An anti-reflective coating."),
        _in_document("isBackside", "is_backside", "Done to the back of the lens."),
        _in_document("isMirror", "is_mirror", "A mirror coating."),
        _in_document("isTint", "is_tint", "A tint."),
        _in_document("isUV", "is_uv", "A UV treatment."),
        _in_document("requiresDropBall", "requires_drop_ball", "The lens must pass the drop ball test."),
        _in_document("requiresEtching", "requires_etching", "The lens must be etched."),
        _in_document("requiresHarden", "requires_harden", "The lens must be hardened."),
        _in_document("requiresPolish", "requires_polish", "The edge must be polished."),
        Column("requires", "requires", codes(10, 50), [], "Stations that must come before final QA.", in_document=True),
        Column("active", "active", SWITCH, True, _ACTIVE.about, in_document=True),
    ),
)
BREAKAGES = Kind(
    "breakages",
    "breakage code",
    "breakages",
    model.Breakage,
    (Column("code", "code", code(7)), Column("desc", "description", text(40)), _ACTIVE),
)
EMPLOYEES = Kind(
    "employees",
    "employee",
    "employees",
    model.Employee,
    (Column("code", "code", code(2)), Column("name", "name", text(60), personal=True), _ACTIVE),
)
KINDS = (CUSTOMERS, STATIONS, OPERATORS, REASONS, ADDONS, BREAKAGES, EMPLOYEES)

Rows = Mapping[str, Mapping[str, Value]]
"""Rows by code, each with its other properties by their names in the file."""


@dataclass(frozen=True)
class Setup:
    """What a file says, or what the database holds: settings by name, and rows by kind and code."""

    settings: Mapping[str, Value] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)

    def of(self, kind: Kind) -> Rows:
        return self.rows.get(kind.name, {})
