"""How people are recorded, and what of it leaves the house."""

from __future__ import annotations

import pytest

from tests import builders
from traylane.db.database import Database
from traylane.errors import BadArguments
from traylane.staff import is_person, published, recorded


def test_a_person_leaves_the_house_as_a_role_and_everybody_else_by_name() -> None:
    assert recorded("desk", bytes.fromhex("00" * 12 + "1f0c77ab")) == "desk#1f0c77ab"
    assert published("desk#1f0c77ab") == "desk"
    assert published("shop#1") == "shop#1"
    assert not is_person("boss#1f0c77ab")


def test_a_cancelled_order_says_the_role() -> None:
    assert builders.an_order(cancel_actor="supervisor#1f0c77ab").cancelled_by == "supervisor"


async def test_no_integrator_is_called_like_a_person(db: Database) -> None:
    with pytest.raises(BadArguments, match="that of a person"):
        await builders.make_key(db, "desk#1f0c77ab")
