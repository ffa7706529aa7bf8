"""What the system says of this process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping

from traylane.metrics import catalogue
from traylane.metrics.record import Gauge

_STATM = "/proc/self/statm"


def cpu_seconds() -> float:
    """Processor time so far, of all threads."""
    return time.process_time()


def memory_bytes() -> float:
    """Memory in use; where the system does not tell, the most that was ever in use, or 0."""
    try:
        with open(_STATM, "rb") as file:
            return float(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        return _peak()


def open_files() -> float:
    """Open files and sockets; 0 where the system does not tell."""
    try:
        return float(len(os.listdir("/proc/self/fd")))
    except OSError:
        return 0.0


def _peak() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


GAUGES: Mapping[str, Gauge] = {
    catalogue.CPU.name: lambda: {(): cpu_seconds()},
    catalogue.MEMORY.name: lambda: {(): memory_bytes()},
    catalogue.FILES.name: lambda: {(): open_files()},
    catalogue.WORKERS.name: lambda: {(): 1.0},
}
"""What every process of a service tells of itself."""
