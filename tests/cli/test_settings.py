"""traylane settings: list, get, set; on the database and over HTTP."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Traylane
from traylane.policy.catalogue import SETTINGS


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("Modules:Job Tracker", "off", False),
        ("Job Tracking:Doubled scan seconds", "5", 5),
        ("Job Tracking:Scanner prefix", "]C1", "]C1"),
        ("Laboratory:Time zone", "Europe/Berlin", "Europe/Berlin"),
        ("Laboratory:Working hours", "06:00-22:00", ["06:00", "22:00"]),
        ("Orders1:Tray pool", "500-999", [500, 999]),
        ("Access:Trusted networks", "10.0.0.0/8 = floor, fd00::/8 = desk", ["10.0.0.0/8 = floor", "fd00::/8 = desk"]),
    ],
)
def test_what_is_set_is_got_as_it_was_typed(anywhere: Traylane, name: str, typed: str, value: object) -> None:
    done = anywhere("settings", "set", name, typed)
    assert (done.code, done.out) == (0, f"{typed}\n")
    assert anywhere("settings", "get", name).out == f"{typed}\n"
    assert anywhere("settings", "get", name, "--json").json["value"] == value


def test_every_setting_is_listed_with_its_value(anywhere: Traylane) -> None:
    listed = anywhere("settings", "list", "--json").json
    assert listed["total"] == len(SETTINGS)
    assert listed["items"][0]["value"] is True
    assert "Orders1:Restore window in hours" in anywhere("settings", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("get", "job traker"), 1, 'No record found; Provided: job traker; Did you mean "Modules:Job Tracker"?\n'),
        (("set", "Modules:Job Traker", "on"), 1, 'Did you mean "Modules:Job Tracker"?'),
        (("set", "Modules:Job Tracker", "perhaps"), 2, "Incorrect arguments provided; value must be true or false\n"),
        (("set", "Orders1:Order number length", "4"), 1, "The set-up was not changed; "),
    ],
)
def test_what_cannot_be_is_said(anywhere: Traylane, arguments: tuple[str, ...], code: int, said: str) -> None:
    ended = anywhere("settings", *arguments)

    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
