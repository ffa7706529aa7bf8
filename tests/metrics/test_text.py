"""The text that Prometheus reads, and the sums over several workers."""

from __future__ import annotations

import os
from pathlib import Path

from traylane.metrics import catalogue
from traylane.metrics.record import Metrics, Numbers
from traylane.metrics.shared import Shared, added
from traylane.metrics.text import text


def test_a_histogram_has_cumulated_buckets_a_sum_and_a_count() -> None:
    metrics = Metrics()
    for size in (1, 2, 5, 300):
        metrics.batches.observe(size, ("order.cancelled", "first"))
    lines = text(metrics.numbers()).splitlines()
    labels = 'change="order.cancelled",priority="first"'
    assert lines[1] == "# TYPE traylane_batch_items histogram"
    assert lines[2:] == [
        f'traylane_batch_items_bucket{{{labels},le="{bound}"}} {count}'
        for bound, count in (
            *((1, 1), (2, 2), (4, 2), (8, 3), (16, 3), (32, 3)),
            *((64, 3), (128, 3), (200, 3), ("+Inf", 4)),
        )
    ] + [f"traylane_batch_items_sum{{{labels}}} 308", f"traylane_batch_items_count{{{labels}}} 4"]


def test_what_a_label_holds_cannot_break_out_of_it() -> None:
    metrics = Metrics()
    metrics.changes.add('a"b\\c\nd', "done")
    assert text(metrics.numbers()).splitlines()[2] == (
        'traylane_changes_total{change="a\\"b\\\\c\\nd",outcome="done"} 1'
    )


def test_an_empty_label_is_left_out_and_so_is_a_metric_without_a_number() -> None:
    metrics = Metrics()
    metrics.database.observe(0.002, ("sqlite", "read", ""))
    page = text(metrics.numbers())
    assert 'db_client_operation_duration_seconds_count{db_system_name="sqlite",db_operation_name="read"} 1' in page
    assert "traylane_changes_total" not in page


def counted(cancels: int, waiting: float) -> Metrics:
    """What a worker counted that made so many cancels, and has so many waiting."""
    metrics = Metrics()
    metrics.gauges[catalogue.QUEUE.name] = lambda: {("order.cancelled", "first"): waiting}
    for _ in range(cancels):
        metrics.changes.add("order.cancelled", "done")
    return metrics


def test_workers_are_added_up_and_the_dead_keep_what_they_counted(tmp_path: Path) -> None:
    shares = [Shared(tmp_path, counted(cancels, waiting)) for cancels, waiting in ((3, 1.0), (2, 4.0), (1, 7.0))]
    for share in shares:
        share.write()
    _make_old(tmp_path)
    together = shares[0].together()
    assert together[catalogue.CHANGES.name] == {("order.cancelled", "done"): [6.0]}
    assert together[catalogue.QUEUE.name] == {("order.cancelled", "first"): [1.0]}


def test_a_worker_that_lives_adds_its_queue_too(tmp_path: Path) -> None:
    metrics = [Metrics(), Metrics()]
    for one in metrics:
        one.gauges[catalogue.QUEUE.name] = lambda: {("order.cancelled", "first"): 2.0}
    shares = [Shared(tmp_path, one) for one in metrics]
    shares[1].write()
    assert shares[0].together()[catalogue.QUEUE.name] == {("order.cancelled", "first"): [4.0]}


def test_a_file_that_is_none_of_ours_is_passed_over(tmp_path: Path) -> None:
    metrics = Metrics()
    metrics.changes.add("order.cancelled", "done")
    (tmp_path / "1.counts").write_bytes(b"\x00half")
    assert Shared(tmp_path, metrics).together() == metrics.numbers()


def test_adding_changes_neither_side() -> None:
    one: Numbers = {catalogue.CPU.name: {(): [1.0]}}
    assert added(one, [{catalogue.CPU.name: {(): [2.5]}}]) == {catalogue.CPU.name: {(): [3.5]}}
    assert one == {catalogue.CPU.name: {(): [1.0]}}


def _make_old(folder: Path) -> None:
    """All files of the folder were written long ago."""

    for path in folder.glob("*.counts"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
