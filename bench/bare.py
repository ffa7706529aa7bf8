"""Bare apsw: the same durable effect as a cancel, many in a transaction; what SQLite alone can do with shared commits.

One loop, no HTTP, no look, no rules, no answer, no hash. It has the service's own pragmas and its checkpointer, and
leaves the same rows: the order cancelled, its event with a place in the feed. Prints one JSON object as the load
generator does; a latency is that of a whole transaction, because everybody in it waits for all of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import apsw

from bench import orders
from bench.load import Result
from bench.processes import Broken
from traylane.clock import system_clock
from traylane.db.checkpointer import Checkpointer
from traylane.db.ids import new_id
from traylane.db.sqlite_file import connect

CANCEL = """
    UPDATE orders SET revision = revision + 1, cancelled_at = ?2, cancel_reason = 'CUS', cancel_actor = 'key/bench',
        cancel_station = station, cancel_override = false
    WHERE order_number = ?1 AND cancelled_at IS NULL AND status <> 'C'
    RETURNING id, revision, customer_number, tray_number, station"""
RECORD = """
    INSERT INTO events (subject_id, seq, id, type, at, actor, data, position, hash)
    VALUES (?, ?, ?, 'order.cancelled', ?, 'key/bench', ?, ?, ?)"""
DATA = (
    '{"orderNumber":"%s","customerNumber":"%s","trayNumber":"%s","before":{"cancelled":false},'
    '"after":{"cancelled":true,"reason":"CUS","station":"%s","override":false}}'
)


class Loop:
    """The walk over the orders of one database, from place `base` on."""

    def __init__(self, connection: apsw.Connection, *, base: int, total: int) -> None:
        self.connection = connection
        self.place = base
        self.total = total
        self.position: int = connection.execute("SELECT coalesce(max(position), 0) FROM events").get

    def together(self, how_many: int) -> None:
        """So many cancels in one transaction, durable when it returns."""
        execute, events = self.connection.execute, []
        execute("BEGIN IMMEDIATE")
        for place in range(self.place, self.place + how_many):
            number, now = orders.number(place, self.total), system_clock()
            id_, revision, customer, tray, station = execute(CANCEL, (number, now)).fetchall()[0]
            self.position += 1
            data = DATA % (number, customer, tray, station or "")
            hash_ = self.position.to_bytes(32, "big")
            events.append((id_, revision, new_id(now), now, data, self.position, hash_))
        self.connection.executemany(RECORD, events)
        execute("COMMIT")
        self.place += how_many


def drive(together: Callable[[int], None], *, clients: int, seconds: float, most: int) -> Result:
    """Transactions of `clients` cancels until the time is up, or `most` cancels are made."""
    latencies: list[float] = []
    cpu, start = time.process_time(), time.perf_counter()
    end = before = start
    while end - start < seconds and (len(latencies) + 1) * clients <= most:
        together(clients)
        end = time.perf_counter()
        latencies.append(end - before)
        before = end
    done, slowest = len(latencies) * clients, sorted(latencies) or [0.0]
    return Result(
        requests=done,
        seconds=end - start,
        rate=done / max(end - start, 1e-9),
        p50_ms=slowest[len(slowest) // 2] * 1e3,
        p99_ms=slowest[int(len(slowest) * 0.99)] * 1e3,
        max_ms=slowest[-1] * 1e3,
        cpu_us=(time.process_time() - cpu) / max(done, 1) * 1e6,
        statuses={"200": done},
    )


def run(database: str, *, clients: int, seconds: float, base: int, total: int, most: int) -> Result:
    """In a process of its own."""
    command = [sys.executable, "-m", "bench.bare", "--database", database, "--clients", str(clients)]
    command += ["--seconds", str(seconds), "--base", str(base), "--total", str(total), "--most", str(most)]
    root = Path(__file__).parent.parent
    ended = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    if ended.returncode:
        raise Broken(f"bare apsw: {ended.stderr[-1000:]}")
    return Result(**json.loads(ended.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bare", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--total", type=int, required=True, help="orders in the database")
    parser.add_argument("--base", type=int, default=0, help="where the walk begins")
    parser.add_argument("--clients", type=int, default=1, help="cancels in a transaction")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--most", type=int, default=sys.maxsize, help="cancels in all")
    given = parser.parse_args()
    connection, checkpointer = connect(given.database), Checkpointer(given.database)

    def note(_connection: apsw.Connection, _name: str, pages: int) -> int:
        checkpointer.log_grew(pages)
        return 0

    connection.set_wal_hook(note)
    loop = Loop(connection, base=given.base, total=given.total)
    try:
        result = drive(loop.together, clients=given.clients, seconds=given.seconds, most=given.most)
    finally:
        checkpointer.stop()
        connection.close()
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
