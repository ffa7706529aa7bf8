"""The configuration for three database hosts says what it should, and what tries it can read it."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from types import MappingProxyType

import pytest
import yaml

from torture.ha import templates
from torture.ha.rounds import longest_gap
from torture.promises import ROOT
from traylane.db import postgres

VALUES: Mapping[str, str] = MappingProxyType(
    {
        name: name.lower()
        for name in re.findall(
            r"\$\{(\w+)\}", "".join((templates.FOLDER / file).read_text() for file in templates.FILES)
        )
    }
)


def pgbouncer() -> configparser.ConfigParser:
    found = configparser.ConfigParser(comment_prefixes=(";",), interpolation=None)
    found.read_string(templates.rendered("pgbouncer.ini", VALUES))
    return found


@pytest.mark.parametrize("file", templates.FILES)
def test_a_file_has_no_value_but_those_that_the_page_explains(file: str) -> None:
    page = (ROOT / "docs/high-availability.md").read_text()
    text = (templates.FOLDER / file).read_text()

    assert [name for name in re.findall(r"\$\{(\w+)\}", text) if f"`{name}`" not in page] == []
    assert "$" not in templates.rendered(file, VALUES)


def test_a_value_that_is_missing_is_not_passed_over() -> None:
    with pytest.raises(KeyError, match="ADDRESS"):
        templates.rendered("patroni.yml", {"NODE": "n1"})


def test_etcd_reads_its_settings_from_the_environment() -> None:
    settings = templates.environment(templates.rendered("etcd.env", VALUES))

    assert settings["ETCD_NAME"] == "node"
    assert all(name.startswith("ETCD_") and value for name, value in settings.items())


def test_patroni_waits_for_a_standby_and_keeps_to_its_own_times() -> None:
    dcs = yaml.safe_load(templates.rendered("patroni.yml", VALUES))["bootstrap"]["dcs"]

    assert (dcs["synchronous_mode"], dcs["synchronous_mode_strict"]) == (True, True)
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]
    assert dcs["postgresql"]["parameters"]["synchronous_commit"] == "on"


def test_pgbouncer_sets_what_it_keeps_the_service_from_setting() -> None:
    found = pgbouncer()
    sets = dict(re.findall(r"SET (\w+) = (\w+)", found["databases"]["traylane"]))
    ignored = found["pgbouncer"]["ignore_startup_parameters"].split(",")
    # PgBouncer keeps these two itself, for each client.
    wanted = {name: value for name, value in postgres.SESSION.items() if name not in {"application_name", "timezone"}}

    assert sets == wanted
    assert set(ignored) == {*wanted, "extra_float_digits"}


def test_the_longest_time_without_an_answer_is_found() -> None:
    assert longest_gap([3.0, 1.0, 8.5, 9.0]) == 5.5
    assert longest_gap([1.0]) == 0.0
