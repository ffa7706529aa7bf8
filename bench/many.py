"""Many orders at once: cancels in bulk beside one by one, and a list of everything; how quick, and with what memory.

Bulk goes over one connection in calls of as many rows as a call may have, each call beside singles of the same minute.
Memory is what the service's processes have of their own (RssAnon), looked at while the answer is read: pages of a
mapped database belong to the system.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import median

from bench import orders, run
from bench.contestants import Live, start
from bench.goals import Figure
from bench.load import Run, Target
from bench.processes import LOOPBACK, Broken, bytes_of, family
from bench.run import Bed, Plan

MEGABYTE = 1024 * 1024
LIST = 100_000
BULK = 100_000
CALL = 10_000
"""Rows in one call: the most that there may be."""
SINGLES = 500
"""Cancels one by one beside each call."""


@dataclass(frozen=True)
class Streamed:
    """An answer that was read to its end. Seconds to its first byte and to its last, and the most memory meanwhile."""

    first: float
    seconds: float
    memory: int
    body: bytes


def measure(plan: Plan, bed: Bed) -> list[Figure]:
    field = [contestant for contestant in plan.contestants if contestant.kind == "traylane"]
    databases = run.fresh(replace(plan, contestants=field), bed)
    found: list[Figure] = []
    for contestant in field:
        key = bed.keys[contestant.engine]
        live = Live(contestant, databases[contestant.name], plan.orders, bed.postgres, bed.folder, key=key)
        with start(live):
            run.say(f"a list and a bulk: {contestant.name}")
            left = orders.cancellable(plan.orders) - SINGLES * (BULK // CALL)
            found += [*lists(live, plan), *bulk(live, min(BULK, left))]
    return found


def lists(live: Live, plan: Plan) -> Iterator[Figure]:
    """A list of LIST orders, or of all that there are."""
    firsts, extras = [], []
    many = min(LIST, plan.orders)
    for _ in range(plan.rounds + 2):
        before = own_memory(live.pid)
        answer = ask(live, "GET", f"/api/v2/orders?limit={many}", b"")
        if len(json.loads(answer.body)["items"]) != many:
            raise Broken(f"{live.contestant.name}: a list of {many} orders has other ones")
        firsts.append(answer.first * 1e3)
        extras.append((answer.memory - before) / MEGABYTE)
    name = f"list of {many}, {live.contestant.name}"
    yield Figure(f"{name}: first byte", firsts, 50, at_most=True, unit="ms")
    yield Figure(f"{name}: extra memory", extras, 20, at_most=True, unit="MiB")


def bulk(live: Live, many: int) -> Iterator[Figure]:
    """`many` cancels in calls of CALL rows."""
    ratios, peaks = [], []
    size = min(CALL, many)
    calls = many // size
    for _ in range(calls):
        single = one_by_one(live)
        rows = [{"orderIdentifier": number, "deleteReason": "CUS"} for number in numbers(live, size)]
        answer = ask(live, "POST", "/api/v2/order_cancellations", json.dumps({"items": rows}).encode())
        if json.loads(answer.body)["succeeded"] != size:
            raise Broken(f"{live.contestant.name}: of {size} cancels in bulk some were refused")
        ratios.append(size / answer.seconds / single)
        peaks.append(answer.memory / MEGABYTE)
    name = f"bulk of {calls * size}, {live.contestant.name}"
    yield Figure(f"{name} ÷ one client, one by one", ratios, 10)
    yield Figure(f"{name}: memory, last calls less the first ones", [grown(peaks)], 10, at_most=True, unit="MiB")


def grown(peaks: list[float]) -> float:
    """How much more the later half needs than the earlier one, the first call left out; medians."""
    peaks = peaks[1:] or peaks
    half = (len(peaks) + 1) // 2
    return median(peaks[-half:]) - median(peaks[:half])


def one_by_one(live: Live) -> float:
    """Cancels a second of one client."""
    target = Target(LOOPBACK, live.port, "DELETE", [f"X-API-Key: {live.key}"])
    paths = [live.line("DELETE", number) for number in numbers(live, SINGLES)]
    result = Run(target, paths, 1).run()
    if result.failed():
        raise Broken(f"{live.contestant.name}: {result.statuses} {result.errors}")
    return result.rate


def numbers(live: Live, many: int) -> list[str]:
    """The next of the walk."""
    walked = [orders.number(place, live.total) for place in range(live.place, live.place + many)]
    live.place += many
    return walked


def ask(live: Live, method: str, path: str, body: bytes) -> Streamed:
    """One request, its answer read in pieces."""
    headers = {"X-API-Key": live.key, "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(LOOPBACK, live.port, timeout=300)) as connection:
        connection.connect()
        began = time.perf_counter()
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        parts = [answer.read(1)]
        first, memory = time.perf_counter() - began, own_memory(live.pid)
        looked = first
        while part := answer.read1(MEGABYTE):
            parts.append(part)
            if time.perf_counter() - looked > 0.01:
                memory, looked = max(memory, own_memory(live.pid)), time.perf_counter()
        seconds = time.perf_counter() - began
    whole = b"".join(parts)
    if answer.status != 200:
        raise Broken(f"{live.contestant.name}, {method} {path}: {answer.status} {whole[:300]!r}")
    return Streamed(first, seconds, memory, whole)


def own_memory(pid: int) -> int:
    """Bytes that a process and those below it have for themselves."""
    return sum(bytes_of(one, "RssAnon") for one in family(pid))
