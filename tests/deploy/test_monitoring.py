"""The alert rules and the dashboard ask for metrics that exist, and the rules fire when they should.

`promtool` (Debian's package `prometheus`) runs the rules' own tests where it is installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from traylane.api.routes import ROUTES
from traylane.metrics.catalogue import FAMILIES

FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"
TOOLS = [tool for tool in [shutil.which("promtool")] if tool is not None]
WORDS = (
    {"by", "sum", "rate", "topk", "histogram_quantile", "instance", "job", "le", "up", "__rate_interval"}
    | {"outcome", "state", "change", "priority", "error_type"}
    | {label for family in FAMILIES for label in family.labels}
)
"""What stands in an expression and is no metric of ours."""


def names() -> set[str]:
    """Every series that Traylane tells."""
    parts = ("_bucket", "_sum", "_count")
    return {f"{family.name}{part}" for family in FAMILIES for part in (parts if family.kind == "histogram" else ("",))}


def unknown(expression: str) -> set[str]:
    """What an expression asks for that Traylane does not tell."""
    bare = re.sub(r'"[^"]*"|\[[^]]*\]', "", expression)
    return set(re.findall(r"[a-z_][a-z0-9_]{2,}", bare)) - names() - WORDS


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    return found


def questions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def said(tool: str, folder: Path) -> list[int]:
    """What promtool says of the configuration, the dashboard's questions, and the rules' tests: 0 is good."""
    asked = (("check", "config", "prometheus.yml"), ("check", "rules", "--lint=none", "dashboard.yml"))
    return [
        subprocess.run([tool, *words], cwd=folder, capture_output=True, check=False, timeout=60).returncode
        for words in (*asked, ("test", "rules", "alerts.test.yml"))
    ]


def test_alerts_and_dashboard_ask_for_what_there_is() -> None:
    asked = [rule["expr"] for rule in rules()] + questions()
    assert len(asked) > 25
    assert [expression for expression in asked if unknown(expression)] == []


def test_a_metric_that_there_is_not_is_noticed() -> None:
    assert unknown("rate(traylane_cancels_total[5m]) > 0") == {"traylane_cancels_total"}


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    shown = " ".join(questions())
    assert [f.name for f in FAMILIES if f.name not in shown] == ["traylane_build_info"]


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}
    assert [rule["alert"] for rule in rules() if set(rule["annotations"]) != {"summary", "do"}] == []


def test_every_alert_has_a_test_of_its_own_in_which_it_fires() -> None:
    cases = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"][0]["alert_rule_test"]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == {rule["alert"] for rule in rules()}


def test_the_routes_that_are_asked_for_exist() -> None:
    text = " ".join([*(rule["expr"] for rule in rules()), *questions()])
    asked = set(re.findall(r'http_route="([^"]+)"', text))
    assert asked <= {route.path for route in ROUTES}
    assert asked


def test_promtool_finds_the_rules_right_and_sees_them_fire(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "monitoring"))
    (folder / "traylane.key").write_text("tl_live_x")
    recorded = [{"record": "dashboard:question", "expr": _plain(question)} for question in questions()]
    (folder / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "d", "rules": recorded}]}))
    assert [said(tool, folder) for tool in TOOLS] == [[0, 0, 0]] * len(TOOLS)
    rules_ = (folder / "alerts.yml").read_text()
    (folder / "alerts.yml").write_text(rules_.replace("lag_seconds > 30", "lag_seconds > 900"))
    assert [said(tool, folder) for tool in TOOLS] == [[0, 0, 1]] * len(TOOLS)


def _plain(question: str) -> str:
    return question.replace("$__rate_interval", "5m").replace("$instance", ".*")
