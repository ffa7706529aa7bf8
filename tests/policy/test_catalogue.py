"""The settings: each checked by its type, and read by rules as an attribute of the policy."""

from __future__ import annotations

from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest

from tests.builders import set_setting
from traylane.db.database import Database
from traylane.policy import catalogue
from traylane.policy.catalogue import BY_NAME, SETTINGS, Setting
from traylane.policy.model import Policy, Settings
from traylane.policy.rulebook import Rulebook
from traylane.policy.value_types import Value, split_network


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_default_passes_its_check_and_is_the_policys(setting: Setting) -> None:
    assert setting.check(setting.default) is None
    assert setting.check(None) is not None
    assert setting.help.endswith(".")
    assert Policy(1).setting(setting.name) == setting.type.parse(setting.default)


def test_a_policy_has_no_setting_that_is_not_in_the_catalogue() -> None:
    assert {setting.attribute for setting in SETTINGS} == {field.name for field in fields(Settings)}


async def test_rules_get_what_was_set(db: Database) -> None:
    given: dict[str, Value] = {
        catalogue.TIME_ZONE: "Europe/Berlin",
        catalogue.WORKING_HOURS: ["22:30", "06:00"],
        catalogue.TRAY_POOL: [500, 999],
        catalogue.DOUBLED_SCAN: 5,
        catalogue.SCANNER_PREFIX: "]C1",
        catalogue.VERIFY_TRAY: True,
    }
    for name, value in given.items():
        await set_setting(db, name, value)

    policy = (await Rulebook().refresh(db)).policy

    assert policy.time_zone == ZoneInfo("Europe/Berlin")
    assert policy.working_hours == (22 * 60 + 30, 6 * 60)
    assert policy.setting(catalogue.TRAY_POOL) == (500, 999)
    assert (policy.doubled_scan_seconds, policy.scanner_prefix, policy.verify_tray) == (5, "]C1", True)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (catalogue.STATION_VERIFY, [True, False], [1, "true", None]),
        (catalogue.DOUBLED_SCAN, [0, 3600], [-1, 3601, 1.5, True, "5"]),
        (catalogue.ORDER_NUMBER_LENGTH, [1, 8], [0, 9]),
        (catalogue.TRAY_POOL, [[1, 99_999], [7, 7]], [[2, 1], [0, 9], [1, 100_000], [1], [1, 2, 3], [True, 2], "1-2"]),
        (catalogue.SCANNER_PREFIX, ["", "~", "x" * 10], ["x" * 11, "\n", 7]),
        (catalogue.TIME_ZONE, ["UTC", "America/Argentina/Buenos_Aires"], ["", "Mars", "Europe", "../etc", "a\0", 1]),
        (catalogue.WORKING_HOURS, [["00:00", "24:00"], ["22:00", "06:00"]], [["6:00", "22:00"], ["06:00", "06:00"]]),
        (catalogue.WORKING_HOURS, [], ["06:00-22:00", ["06:00"], ["24:01", "1:00"], ["06:60", "07:00"], [6, 22]]),
        (catalogue.TRUSTED_NETWORKS, [[], ["10.0.0.0/8 = floor"]], ["10.0.0.0/8 = floor", ["10.0.0.0/8"], [7]]),
    ],
)
def test_what_a_setting_can_be(name: str, good: list[object], bad: list[object]) -> None:
    setting = BY_NAME[name]
    assert [value for value in good if setting.check(value) is not None] == []
    assert [value for value in bad if setting.check(value) is None] == []


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        (catalogue.STATION_VERIFY, "on", True),
        (catalogue.STATION_VERIFY, "False", False),
        (catalogue.STATION_VERIFY, "perhaps", "perhaps"),
        (catalogue.DOUBLED_SCAN, "30", 30),
        (catalogue.DOUBLED_SCAN, "½", "½"),
        (catalogue.TRAY_POOL, "500-999", [500, 999]),
        (catalogue.WORKING_HOURS, "06:00-22:00", ["06:00", "22:00"]),
        (catalogue.SCANNER_PREFIX, "7", "7"),
        (catalogue.TRUSTED_NETWORKS, "10.0.0.0/8 = floor, fd00::/8 = desk", ["10.0.0.0/8 = floor", "fd00::/8 = desk"]),
        (catalogue.TRUSTED_NETWORKS, "", []),
    ],
)
def test_how_a_value_is_typed(name: str, typed: str, value: object) -> None:
    assert BY_NAME[name].type.from_text(typed) == value


def test_order_numbers_must_fit_their_length() -> None:
    values = {setting.name: setting.default for setting in SETTINGS}
    assert list(catalogue.conflicts(values)) == []
    assert list(catalogue.conflicts(values | {catalogue.ORDER_NUMBER_LENGTH: 5})) == [
        '"Orders1:Order number range" ends with 999999, which has more than 5 digits'
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("192.168.7.0/24 = floor", ("192.168.7.0/24", "floor")),
        ("10.0.0.1=desk", ("10.0.0.1", "desk")),
        ("fd00::/8 = a = b", ("fd00::/8", "a = b")),
        ("192.168.7.1/24 = floor", None),
        ("192.168.7.0/24", None),
        ("192.168.7.0/24 =", None),
        ("= floor", None),
        ("floor = 192.168.7.0/24", None),
        ("", None),
    ],
)
def test_an_entry_of_the_trusted_networks(entry: str, expected: tuple[str, str] | None) -> None:
    assert split_network(entry) == expected
