"""A server under test: requests as they are meant, and a laboratory's orders to try them on."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

SECONDS = 15.0
ORDERS = "/api/v2/orders"
STATIONS = "/api/v2/job_track/stations"


class Broken(Exception):
    """The server does not do what the contract says; what was expected, and what came."""


class NotTried(Exception):
    """The case could not be brought about; why."""


@dataclass(frozen=True)
class Answer:
    """What came back. `names`: the properties of a body that is an object, in the order in which they came."""

    status: int
    headers: Mapping[str, str]
    raw: bytes
    body: Any

    @property
    def names(self) -> list[str]:
        return list(self.body) if isinstance(self.body, dict) else []

    def __str__(self) -> str:
        text = self.raw.decode("utf-8", "replace")
        return f"{self.status} {text if len(text) <= 300 else text[:300] + ' …'}"


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """What of the server's set-up is used. What is empty is looked for among its stations."""

    customer: str = "1001"
    reason: str = "CUS"
    station: str = ""
    non_cancel_station: str = ""
    style: str = "SV"
    material: str = "CR39"


@dataclass
class Server:
    """One server and the key to it. Raises OSError when it does not answer."""

    url: str
    key: str
    lab: Laboratory = field(default_factory=Laboratory)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the address of a server looks like http://127.0.0.1:4567")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=SECONDS)
        self._prefix = parts.path.rstrip("/")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(
        self,
        method: str,
        target: str,
        *,
        json_body: Any = None,
        form: str | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Answer:
        """One request. `target`: path and query as they are sent."""
        sent = {"Authorization": f"Bearer {self.key if key is None else key}"} if self.key and key != "" else {}
        body = None
        if json_body is not None:
            body, sent["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        elif form is not None:
            body, sent["Content-Type"] = form.encode(), "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, self._prefix + target, body=body, headers={**sent, **(headers or {})})
            got = self._connection.getresponse()
            raw = got.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next case begins on a new one
            raise
        return Answer(got.status, {n.lower(): v for n, v in got.getheaders()}, raw, _decoded(raw))

    def order(self, **wanted: Any) -> dict[str, Any]:
        """A new order, as the server describes it. Raises NotTried when it cannot be created."""
        body = {
            "customerNumber": self.lab.customer,
            "customerJobId": "CONFORMANCE",
            "jobType": "F",
            "poNumber": unique(),
            "rtLensStyle": self.lab.style,
            "rtLensMaterial": self.lab.material,
            **wanted,
        }
        answer = self.ask("POST", ORDERS, json_body=body)
        if answer.status != 202 or "orderNumber" not in answer.names:
            raise NotTried(f"an order could not be created: {answer}")
        found: dict[str, Any] = answer.body
        return found

    def path(self, identifier: str, more: str = "") -> str:
        """The path of an order, the identifier as one segment."""
        return f"{ORDERS}/{quote(identifier, safe='')}{more}"

    def cancel(self, identifier: str, *, reason: str | None = None, **how: Any) -> Answer:
        """A cancel by DELETE, with the laboratory's reason in the query."""
        return self.ask("DELETE", self.path(identifier, f"?deleteReason={quote(reason or self.lab.reason)}"), **how)

    def cancelled(self, **wanted: Any) -> dict[str, Any]:
        """A new order that was cancelled."""
        order = self.order(**wanted)
        self._prepared(self.cancel(order["orderNumber"]), 200)
        return order

    def completed(self, **wanted: Any) -> dict[str, Any]:
        """A new order that was completed."""
        order = self.order(**wanted)
        self._prepared(self.ask("POST", self.path(order["orderNumber"], "/complete")), 201)
        return order

    def scan(self, station: str, identifier: str) -> Answer:
        """A check-in."""
        return self.ask("POST", f"{STATIONS}/{quote(station, safe='')}", json_body={"orderIdentifier": identifier})

    def scanned(self, station: str, **wanted: Any) -> dict[str, Any]:
        """A new order that was scanned at a station."""
        order = self.order(**wanted)
        self._prepared(self.scan(station, order["orderNumber"]), 200)
        return order

    def station(self, *, non_cancel: bool) -> str:
        """A station to scan at. Raises NotTried when none is named and none can be found."""
        named = self.lab.non_cancel_station if non_cancel else self.lab.station
        if named:
            return named
        listed = self.ask("GET", STATIONS)
        items = listed.body.get("items", []) if isinstance(listed.body, dict) else listed.body or []
        for found in items:
            is_a_place = not found.get("operator") and not found.get("requiresOperator") and not found.get("cancelRack")
            if is_a_place and found.get("active", True) and found.get("nonCancel") is non_cancel:
                return str(found["code"])
        raise NotTried(
            "no such station was found: name one with " + ("--non-cancel-station" if non_cancel else "--station")
        )

    @staticmethod
    def _prepared(answer: Answer, status: int) -> None:
        if answer.status != status:
            raise NotTried(f"could not be prepared: {answer}")


def unique() -> str:
    """A purchase order number that nobody has."""
    return "C-" + secrets.token_hex(8)


def error(text: str, *details: str) -> dict[str, Any]:
    """The body of an error."""
    return {"error": text, "details": list(details)}


def expect(answer: Answer, status: int, body: Any = None) -> None:
    """Raises Broken unless the status, and the body where one is given, are these."""
    if answer.status != status or (body is not None and answer.body != body):
        wanted = f"{status}" + ("" if body is None else f" {json.dumps(body, ensure_ascii=False)}")
        raise Broken(f"expected {wanted}, got {answer}")


def expect_error(answer: Answer, status: int, text: str) -> None:
    """Raises Broken unless it is an error of this text, whatever its details."""
    told = isinstance(answer.body, dict) and answer.names == ["error", "details"] and answer.body["error"] == text
    if answer.status != status or not told:
        raise Broken(f"expected {status} with error {text!r}, got {answer}")


def require(true: object, what: str) -> None:
    """Raises Broken with `what` unless `true`."""
    if not true:
        raise Broken(what)


def in_order(found: Sequence[str], first: Sequence[str]) -> bool:
    """Whether these names come first, and the others alphabetically."""
    rest = list(found[len(first) :])
    return list(found[: len(first)]) == list(first) and rest == sorted(rest)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None
