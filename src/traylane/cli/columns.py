"""What kind a file of orders is, and how its columns are called."""

from __future__ import annotations

from typing import Annotated

import typer

from traylane.cli.options import nearest, one_of
from traylane.errors import Fault

FORMATS = ("csv", "jsonl")

Format = Annotated[
    str | None,
    typer.Option("--format", metavar="csv|jsonl", help="What the file is; without it, the ending .csv says so."),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FILE|'COLUMN=PROPERTY'",
        help="What a column of a CSV file is, when it has a name of its own; a TOML file lists several. Repeatable.",
    ),
]
IgnoreUnknown = Annotated[
    bool, typer.Option("--ignore-unknown", help="Leave out the columns of a CSV file that are no property of an order.")
]


def is_csv(file: str, given: str | None) -> bool:
    """Whether a file is CSV. Raises typer.BadParameter for a format that there is not."""
    if given is not None:
        return one_of(given, FORMATS, "--format") == "csv"
    return file.lower().endswith(".csv")


def only_for_csv(*, names: list[str] | None, ignore_unknown: bool) -> None:
    """Raises typer.BadParameter when options for columns come with a file that has none."""
    for option, is_given in (("--map", bool(names)), ("--ignore-unknown", ignore_unknown)):
        if is_given:
            raise typer.BadParameter("is for CSV: give a .csv file or --format csv", param_hint=option)


def names_of(given: list[str]) -> dict[str, str]:
    """The property of each column named in `--map`. Raises typer.BadParameter, and errors.Fault for a file."""
    from traylane.orders.spreadsheet import PROPERTIES

    names: dict[str, str] = {}
    for one in given:
        column, is_pair, property_ = one.rpartition("=")
        names |= {column: property_} if is_pair else _read(one)
    for column, property_ in names.items():
        if property_ not in PROPERTIES:
            hint = nearest(property_, PROPERTIES)
            raise typer.BadParameter(
                f"'{property_[:60]}', for column '{column[:60]}', is not a property of an order. {hint}".rstrip(),
                param_hint="--map",
            )
    return names


def _read(file: str) -> dict[str, str]:
    import tomllib

    try:
        with open(file, "rb") as stream:
            read = tomllib.load(stream)
    except OSError as error:
        raise Fault(f"Cannot read {file}: {error.strerror}; a single column is given as 'COLUMN=PROPERTY'") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Fault(f'{file} is not TOML; it has lines like "Their column" = "orderNumber"') from error
    if not all(isinstance(value, str) for value in read.values()):
        raise Fault(f'{file} holds more than lines like "Their column" = "orderNumber"')
    return read
