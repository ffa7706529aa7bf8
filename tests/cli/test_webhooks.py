"""`traylane webhooks`: endpoints, what was sent to them, and a receiver to try them with."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request

from tests.cli.conftest import Ended, Traylane
from tests.ports import free_port
from traylane.signatures import new_secret, signed_headers

SHOP = "https://shop.example/hooks"


def _created(run: Traylane) -> str:
    made = run("webhooks", "create", SHOP, "--type", "order.cancelled", "--json")
    assert (made.code, made.json["url"], made.json["types"]) == (0, SHOP, ["order.cancelled"])
    assert made.json["secret"].startswith("whsec_")
    return str(made.json["id"])


def test_an_endpoint_is_created_listed_switched_and_deleted(anywhere: Traylane) -> None:
    webhook = _created(anywhere)
    listed = anywhere("webhooks", "list", "--json").json["items"]
    off = anywhere("webhooks", "switch", webhook, "--off", "--json").json
    gone = anywhere("webhooks", "delete", webhook, "--json")
    assert [one["id"] for one in listed] == [webhook]
    assert (off["enabled"], gone.code, anywhere("webhooks", "delete", webhook).code) == (False, 0, 1)


def test_the_list_is_a_table_for_people(lab: Traylane) -> None:
    _created(lab)
    out = lab("webhooks", "list").out
    assert SHOP in out
    assert "order.cancelled" in out


def test_a_secret_is_rotated(lab: Traylane) -> None:
    webhook = _created(lab)
    assert lab("webhooks", "rotate", webhook, "--json").json["secret"].startswith("whsec_")


def test_nothing_was_sent_yet_and_a_bad_cursor_is_refused(lab: Traylane) -> None:
    webhook = _created(lab)
    assert lab("webhooks", "deliveries", webhook, "--json").json == {"items": []}
    assert lab("webhooks", "deliveries", webhook).code == 0
    assert lab("webhooks", "replay", webhook, "x").code == 2


def test_a_private_target_is_refused(lab: Traylane) -> None:
    ended = lab("webhooks", "create", "https://10.0.0.1/")
    assert ended.code == 2
    assert "private address" in ended.err


def _send(port: int, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=body, headers=headers)
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nobody listens")


def test_listen_prints_what_is_signed_and_refuses_the_rest(traylane: Traylane) -> None:
    port = free_port()
    secret, body = new_secret(), json.dumps({"type": "order.cancelled"}).encode()
    good = signed_headers(id_="msg_1", timestamp=int(time.time()), body=body, using=[secret])
    bad = {**good, "webhook-signature": "v1,AAAA"}
    statuses: list[int] = []
    sender = threading.Thread(target=lambda: statuses.extend(_send(port, body, headers) for headers in (bad, good)))
    sender.start()
    ended: Ended = traylane("webhooks", "listen", "--secret", secret, "--port", str(port), "--count", "2")
    sender.join()
    assert statuses == [401, 204]
    assert ended.out == body.decode() + "\n"
    assert "refused: no signature is right" in ended.err
