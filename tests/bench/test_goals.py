"""Figures and their goals."""

from __future__ import annotations

from bench import goals
from bench.contestants import BARE_SQLITE, TRAYLANE_SQLITE, Contestant, Measure
from bench.goals import Figure
from bench.load import Result


def measure(who: Contestant, round_: int, rate: float, server: float, clients: int = 64) -> Measure:
    return Measure(who.name, "DELETE", clients, round_, Result(rate=rate), server, 0.0, 9.0, 0.0, 0.0)


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    measures = [measure(TRAYLANE_SQLITE, n, rate, 100) for n, rate in enumerate((40, 90, 60))]
    measures += [measure(BARE_SQLITE, n, 100, 50) for n in range(3)]
    found = {f.what: f for f in goals.ratios(measures, (64,))}["cancel: Traylane on SQLite ÷ bare apsw"]
    assert found.values == [0.4, 0.9, 0.6]
    assert found.processor == [0.5, 0.5, 0.5]
    assert found.verdict == "pass"
    assert found.row()[1:] == ["64", "0.60", "0.40–0.90", "≥ 0.5", "pass", "÷ 0.50"]


def test_a_goal_that_nobody_measured_is_missed() -> None:
    found = goals.missed(list(goals.ratios([], (64, 16, 1))))
    assert {figure.verdict for figure in found} == {"not measured"}
    assert "cancel: Traylane on PostgreSQL ÷ pgbench" in {figure.what for figure in found}


def test_at_most_is_the_other_way_round() -> None:
    quick, slow = (Figure("start", [seconds], 1.0, at_most=True, unit="s") for seconds in (0.9, 1.1))
    assert (quick.verdict, slow.verdict) == ("pass", "FAIL")
    assert slow.row()[2:6] == ["1.10 s", "1.10–1.10", "≤ 1 s", "FAIL"]


def test_what_has_no_goal_is_not_judged() -> None:
    assert Figure("shown", [3.0]).verdict == ""
    assert goals.missed([Figure("shown", [3.0])]) == []
