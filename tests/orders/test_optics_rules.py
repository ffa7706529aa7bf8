"""The optical rules as a truth table: what is just plausible and what just is not."""

from __future__ import annotations

from typing import Any

import pytest

from traylane.orders.details import Details
from traylane.orders.optics_rules import OPTICS_RULES, implausible

EACH = [
    ({}, []),
    ({"rtSPH": -39, "ltSPH": 49}, []),
    ({"rtSPH": -39.25}, [112]),
    ({"ltSPH": 49.25}, [112]),
    ({"rtCYL": -20, "rtAX": 0, "ltCYL": 20, "ltAX": 180}, []),
    ({"rtCYL": -20.25, "rtAX": 1}, [113]),
    ({"rtAX": 181}, [114]),
    ({"rtCYL": -0.5}, [115]),
    ({"rtCYL": 0}, []),
    ({"ltCYL": -0.5, "rtAX": 90}, [115]),
    ({"rtADD": 9}, []),
    ({"rtADD": 0}, []),
    ({"rtADD": 9.25}, [116]),
    ({"rtPRVM1": 30, "rtPRVA1": "UP"}, []),
    ({"rtPRVM1": 30.5, "rtPRVA1": "UP"}, [117]),
    ({"ltPRVM2": 31, "ltPRVA2": "IN"}, [117]),
    ({"rtPRVM1": 1}, [118]),
    ({"rtPRVM1": 0}, []),
    ({"ltPRVM2": 1, "ltPRVA1": "IN"}, [119]),
    ({"rtIPD": 15, "rtNPD": 15, "ltIPD": 50}, []),
    ({"rtIPD": 64}, [120]),
    ({"ltIPD": 50.5}, [120]),
    ({"ltNPD": 14.5}, [120]),
    ({"rtIPD": 31, "rtNPD": 31.5}, [121]),
    ({"rtNPD": 31.5}, []),
    ({"rtSEGHT": 38, "frameB": 38}, []),
    ({"rtSEGHT": 38.5, "frameB": 38}, [122]),
    ({"rtSEGHT": 38.5}, []),
    ({"ltOCHT": 38.5, "frameB": 38}, [123]),
    ({"frameED": 52, "frameA": 52}, []),
    ({"frameED": 51, "frameA": 52}, [124]),
    ({"frameA": 52}, []),
    ({"frameED": 52}, []),
    ({"rtSPH": 50, "rtCYL": 21, "frameED": 51, "frameA": 52}, [112, 113, 115, 124]),
]


@pytest.mark.parametrize(("given", "numbers"), EACH)
def test_each_rule(given: dict[str, Any], numbers: list[int]) -> None:
    assert [one.number for one in implausible(Details(**given))] == numbers


def test_a_message_is_said_once_and_names_every_property() -> None:
    [one] = implausible(Details(rtSPH=-225, ltSPH=60))

    assert str(one) == "ERROR 112: SPHERE MUST BE BETWEEN -39.0 AND +49.0"
    assert one.names == ("rtSPH", "ltSPH")


NAMED = [
    ({"ltCYL": -0.5}, ("ltCYL", "ltAX")),
    ({"rtPRVM1": 1}, ("rtPRVM1", "rtPRVA1")),
    ({"rtIPD": 31, "rtNPD": 31.5}, ("rtNPD", "rtIPD")),
    ({"ltSEGHT": 38.5, "frameB": 38}, ("ltSEGHT", "frameB")),
    ({"frameED": 51, "frameA": 52}, ("frameED", "frameA")),
]


@pytest.mark.parametrize(("given", "names"), NAMED)
def test_what_breaks_a_rule_together_is_named_together(given: dict[str, Any], names: tuple[str, ...]) -> None:
    [one] = implausible(Details(**given))
    assert one.names == names


def test_every_rule_is_in_the_table_and_has_a_number_of_its_own() -> None:
    numbers = [rule.number for rule in OPTICS_RULES]

    assert numbers == sorted(set(numbers))
    assert {number for _, found in EACH for number in found} == set(numbers)
