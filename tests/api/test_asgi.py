"""The in-process caller, tried on the service."""

from __future__ import annotations

from tests import builders
from tests.api.asgi import HANG_UP, Client, call
from tests.api.conftest import MakeKey
from traylane.api.service import Service
from traylane.db.database import Database


async def test_a_cancel_goes_through(db: Database, http: Client, key: MakeKey) -> None:
    await builders.make_order(db, "72544")
    reply = await http.using(await key("orders:cancel")).delete("/api/v2/orders/72544")
    assert reply.status == 200
    assert reply.header("etag") == '"72544-2"'
    assert reply.json()["cancellation"]["actor"] == "portal"


async def test_a_body_comes_in_pieces(db: Database, http: Client, key: MakeKey) -> None:
    await builders.make_order(db, "72544")
    pieces = [b'{"deleteReason"', b": ", b'"CUS"}']
    reply = await http.using(await key()).post("/api/v2/orders/72544/cancel", body=pieces)
    assert reply.status == 200


async def test_a_client_that_hangs_up_gets_no_answer_and_changes_nothing(
    db: Database, service: Service, key: MakeKey
) -> None:
    await builders.make_order(db, "72544")
    reply = await call(
        service,
        "DELETE",
        "/api/v2/orders/72544",
        headers={"Authorization": f"Bearer {await key()}"},
        body=[b'{"deleteReason"', HANG_UP],
    )
    assert reply is None
    assert not (await builders.order(db, "72544")).is_cancelled
