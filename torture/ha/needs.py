"""What three hosts in network namespaces need of the machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROUNDS = "TRAYLANE_HA_ROUNDS"
POSTGRES = Path("/usr/lib/postgresql/15/bin")
PROGRAMS = ("ip", "setpriv", "unshare", "patroni", "etcd", "haproxy", "pgbouncer", "psql", "curl")
PACKAGES = "patroni python3-etcd etcd-server haproxy pgbouncer postgresql-15 iproute2 util-linux curl"


def lacking() -> str:
    """Why the machine cannot do it, in one sentence; empty when it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces need root"
    found = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if not (POSTGRES / "postgres").exists():
        found.append("PostgreSQL 15")
    return f"there is no {', '.join(found)}: apt-get install {PACKAGES}" if found else ""


def rounds(default: int) -> int:
    """How often to try at the small size; `make torture-ha ROUNDS=3` says it."""
    return int(os.environ.get(ROUNDS, default))


if __name__ == "__main__":
    sys.exit(f"It cannot be tried here: {why}" if (why := lacking()) else 0)
