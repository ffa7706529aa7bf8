"""traylane reasons, stations, customers, addons, breakages, employees: on the database and over HTTP."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Traylane


@pytest.mark.parametrize(
    ("kind", "code", "typed", "shown"),
    [
        ("reasons", "ERR", "desc=Our error", {"code": "ERR", "desc": "Our error", "allowsOverride": False}),
        ("customers", "1002", "name=Harbour = Eye", {"number": "1002", "name": "Harbour = Eye"}),
        ("breakages", "SCRATCH", "desc=Scratched", {"code": "SCRATCH", "desc": "Scratched"}),
        ("employees", "TS", "name=A polisher", {"code": "TS", "name": "A polisher"}),
    ],
)
def test_a_row_is_set_listed_and_retired(
    anywhere: Traylane, kind: str, code: str, typed: str, shown: dict[str, object]
) -> None:
    made = anywhere(kind, "set", code, typed, "--json")
    listed = anywhere(kind, "list", "--json")
    retired = anywhere(kind, "retire", code, "--json")

    assert (made.code, made.json) == (0, {**shown, "active": True})
    assert made.json in listed.json["items"]
    assert retired.json == {**shown, "active": False}


def test_what_is_not_given_stays_as_it_is(anywhere: Traylane) -> None:
    station = anywhere("stations", "set", "GEN", "customerDesc=IN SURFACING", "--json").json
    operator = anywhere("stations", "set", "TAL", "desc=Another", "--json").json
    new = anywhere("stations", "set", "NIK", "desc=Operator NIK", "operator=on", "--json").json

    assert (station["sequence"], station["nonCancel"], station["customerDesc"]) == (30, True, "IN SURFACING")
    assert (operator["operator"], operator["desc"]) == (True, "Another")
    assert new["operator"] is True


def test_an_addon_has_its_properties(anywhere: Traylane) -> None:
    made = anywhere("addons", "set", "AR", "desc=Anti-reflective", "isAR=yes", "externalCode=C9", "--json").json
    table = anywhere("addons", "list").out

    assert (made["isAR"], made["externalCode"], made["isUV"]) == (True, "C9", False)
    assert "Anti-reflective" in table
    assert "requiresDropBall" in table


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("reasons", "retire", "CSU"), 1, "No record found; Provided: CSU; Did you mean 'CUS'?\n"),
        (("stations", "set", "GEN", "noncancel=on"), 2, "Did you mean 'nonCancel'?"),
        (("stations", "set", "GEN", "sequence"), 2, "'sequence' is no property with its value."),
        (("stations", "set", "GEN", "sequence=many"), 2, "sequence must be a whole number, 0 to 9999"),
        (("stations", "set", "TAL", "operator=off"), 1, "The set-up was not changed"),
        (("reasons", "set", "ERR", "active=on"), 2, "Incorrect arguments provided; desc is missing"),
        (("employees", "set", "TAL", "name=x"), 2, "code must have 1 to 2 printable characters"),
    ],
)
def test_what_cannot_be_is_said(anywhere: Traylane, arguments: tuple[str, ...], code: int, said: str) -> None:
    ended = anywhere(*arguments)

    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


@pytest.mark.parametrize(
    "change",
    [
        ("reasons", "set", "CUS", "desc=Asked for"),
        ("stations", "retire", "GEN"),
        ("settings", "set", "Laboratory:Working hours", "06:00-22:00"),
    ],
)
def test_a_change_is_made_only_while_the_set_up_is_at_the_version_that_was_seen(
    anywhere: Traylane, change: tuple[str, ...]
) -> None:
    seen = anywhere("setup", "apply", "-", "--json", given=b'[[reasons]]\ncode = "ERR"\ndesc = "Error"\n').json[
        "version"
    ]
    between = anywhere("reasons", "set", "ERR", "desc=Our error", "--if-match", f'"setup-{seen}"')
    late = anywhere(*change, "--if-match", str(seen))
    now = anywhere(*change, "--if-match", str(seen + 1))

    assert (between.code, now.code) == (0, 0)
    assert (late.code, late.out) == (1, "")
    assert f"setup-{seen + 1}" in late.err
