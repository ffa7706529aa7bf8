"""The clients against a service on a socket."""

from __future__ import annotations

import httpx
import pytest

from traylane.client import AsyncClient, Client, NotReached, NotTraylane, Patience, Refused
from traylane.client.refusals import BadArguments, Changed, Forbidden, NonCancelStation, NotFound, Unauthenticated


def test_an_order_is_fetched_by_each_of_its_numbers(desk: Client) -> None:
    found = [desk.fetch_order(given)["orderNumber"] for given in ("1001", "123", "A/17")]
    assert found == ["1001", "1001", "1001"]


def test_any_text_can_be_an_identifier(desk: Client) -> None:
    found = [desk.fetch_order(given, by="po")["orderNumber"] for given in ("..", "Grüße 1&2%")]
    assert found == ["1002", "1005"]


def test_a_cancel_answers_the_last_state(desk: Client) -> None:
    gone = desk.cancel_order("123", by="tray", delete_reason="CUS")
    assert (gone["orderNumber"], gone["message"], gone["revision"]) == ("1001", "", 2)
    assert gone["cancellation"] is not None
    assert gone["cancellation"]["actor"] == "portal"


def test_the_same_key_cancels_once(desk: Client) -> None:
    first = desk.cancel_order("1001", delete_reason="CUS", idempotency_key="K1")
    again = desk.cancel_order("1001", delete_reason="CUS", idempotency_key="K1")
    assert again == first
    assert desk.list_order_events_page("1001")["total"] == 1


def test_a_dry_run_writes_nothing(desk: Client) -> None:
    verdict = desk.cancel_order_dry_run("1004")
    assert not verdict["allowed"]
    assert [refusal["code"] for refusal in verdict["refusals"]] == ["unknown_reason", "non_cancel_station"]
    assert desk.fetch_order("1004")["cancellation"] is None


def test_a_refusal_is_raised_by_its_code_with_its_evidence(desk: Client) -> None:
    with pytest.raises(NonCancelStation) as caught:
        desk.cancel_order("1004", delete_reason="CUS")
    refusal = caught.value
    assert (refusal.status, refusal.code, refusal.details) == (400, "non_cancel_station", [])
    assert refusal.error == "Order has been through a non-cancel station"
    assert refusal.evidence["station"] == "GEN"
    assert refusal.idempotency_key is not None


def test_no_order_is_not_found(desk: Client) -> None:
    with pytest.raises(NotFound, match="No record found; Provided: 9999999"):
        desk.fetch_order("9999999")


def test_a_condition_is_heeded(desk: Client) -> None:
    with pytest.raises(Changed):
        desk.cancel_order("1001", delete_reason="CUS", if_match='"1001-7"')
    assert desk.cancel_order("1001", delete_reason="CUS", if_match='"1001-1"')["revision"] == 2


def test_a_body_goes_as_json(desk: Client) -> None:
    scan = desk.check_in("RCV", {"orderIdentifier": "1001"})
    assert (scan["orderNumber"], scan["code"]) == ("1001", "RCV")
    assert desk.fetch_order_status("1001")["currentStation"] == "RCV"  # type: ignore[typeddict-item]


def test_a_wrong_body_is_refused(desk: Client) -> None:
    with pytest.raises(BadArguments, match="unknown property station"):
        desk.check_in("RCV", {"orderIdentifier": "1001", "station": "x"})  # type: ignore[typeddict-unknown-key]


def test_lists_are_walked_page_by_page(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.client.pages.PAGE", 1)
    assert [station["code"] for station in desk.list_stations()] == ["RCV", "GEN"]
    assert [station["code"] for station in desk.list_stations(limit=1)] == ["RCV"]
    assert [station["code"] for station in desk.list_stations(offset=1)] == ["GEN"]
    assert list(desk.list_stations(limit=0)) == []


def test_no_key_and_a_key_that_may_not(address: str, keys: dict[str, str]) -> None:
    with Client(address) as stranger, pytest.raises(Unauthenticated):
        stranger.fetch_order("1001")
    with Client(address, keys["reader"]) as reader, pytest.raises(Forbidden, match="Scope needed: orders:cancel"):
        reader.cancel_order("1001")


def test_nobody_listens() -> None:
    patience = Patience(tries=2, seconds=1)
    with Client("http://127.0.0.1:1", patience=patience) as client, pytest.raises(NotReached):
        client.fetch_order("1001")


def test_another_program_answers() -> None:
    pages = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    broken = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
    for transport in (pages, broken):
        with Client("http://lab", transport=transport) as client, pytest.raises(NotTraylane):
            client.fetch_order("1001")


@pytest.mark.parametrize("url", ["lab:4567", "ftp://lab", "http://", "http://lab?x=1"])
def test_an_address_is_checked_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="the address of a service looks like"):
        Client(url)


async def test_the_async_client_does_the_same(address: str, key: str) -> None:
    async with AsyncClient(address, key) as desk:
        gone = await desk.cancel_order("A/17", delete_reason="CUS")
        assert gone["orderNumber"] == "1001"
        assert [station["code"] async for station in desk.list_stations()] == ["RCV", "GEN"]
        with pytest.raises(Refused, match="Order already completed"):
            await desk.cancel_order("A/17", delete_reason="CUS")


def test_the_pages_about_the_service(desk: Client) -> None:
    assert desk.live() == {"status": "alive"}
    assert desk.ready() == {"status": "ready"}
    assert desk.describe()["openapi"] == "3.1.0"
