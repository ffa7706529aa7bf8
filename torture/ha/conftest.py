"""One cluster for the tests of a module, and the fixtures that the other promises have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reliability.promised import tried
from torture.ha import needs
from torture.ha.cluster import Cluster, running

__all__ = ["tried"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three nodes that run; this process is on the host of the service."""
    if why := needs.lacking():
        pytest.fail(why, pytrace=False)
    with running() as cluster:
        yield cluster
