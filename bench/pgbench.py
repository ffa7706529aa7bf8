"""pgbench: the same durable effect as a cancel, without HTTP, rules or an answer; what PostgreSQL alone can do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from bench import orders
from bench.load import Result
from bench.postgres import BIN, Server
from bench.processes import LOOPBACK, Broken

SCRIPT = Path(__file__).with_name("cancel.sql")


def run(server: Server, database: str, *, clients: int, seconds: int, base: int, total: int, logs: Path) -> Result:
    """Each client sends one prepared statement after the other; `base` is the first place of the walk."""
    for old in logs.glob("pgbench_log.*"):
        old.unlink()
    variables = {"base": base, "i": 0, "clients": clients, "cancellable": orders.cancellable(total)}
    command = [str(BIN / "pgbench"), "-h", LOOPBACK, "-p", str(server.port), "-U", "postgres", "-n", "-M", "prepared"]
    command += ["-c", str(clients), "-j", "1", "-T", str(seconds), "-f", str(SCRIPT)]
    command += [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
    command += ["-l", "--log-prefix", str(logs / "pgbench_log"), database]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Broken(f"pgbench: {ended.stderr[-1000:]}")
    return read(ended.stdout, logs, seconds)


def read(output: str, logs: Path, seconds: int) -> Result:
    """Rate as pgbench says it (connecting left out), latencies from its transaction log."""
    rate, done, failed = (
        float(found[1]) if (found := re.search(pattern, output)) else 0.0
        for pattern in (
            r"tps = ([\d.]+)",
            r"number of transactions actually processed: (\d+)",
            r"number of failed transactions: (\d+)",
        )
    )
    lines = [line for log in logs.glob("pgbench_log.*") for line in log.read_text().splitlines()]
    if not lines:
        raise Broken(f"pgbench finished no transaction in {seconds} s:\n{output}")
    latencies = sorted(int(line.split()[2]) for line in lines)
    return Result(
        requests=int(done),
        seconds=float(seconds),
        rate=rate,
        p50_ms=latencies[len(latencies) // 2] / 1e3,
        p99_ms=latencies[int(len(latencies) * 0.99)] / 1e3,
        max_ms=latencies[-1] / 1e3,
        statuses={"200": int(done - failed)},
        errors=[] if done and not failed else [output],
    )


def places_used(logs: Path, clients: int) -> int:
    """How far the walk has come: the busiest client's count, for all of them."""
    counts: dict[str, int] = {}
    for log in logs.glob("pgbench_log.*"):
        for line in log.read_text().splitlines():
            client = line.split(maxsplit=1)[0]
            counts[client] = counts.get(client, 0) + 1
    return (max(counts.values()) + 1) * clients
