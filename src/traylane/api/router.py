"""From a raw path to a route: split into segments first, decoded after, so that `A%2F17` stays one segment."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from traylane.api.errors import MethodNotAllowed, NoRoute
from traylane.api.routes import Route


class _Node:
    __slots__ = ("any", "named", "routes")

    def __init__(self) -> None:
        self.named: dict[bytes, _Node] = {}
        self.any: _Node | None = None
        self.routes: dict[str, Route] = {}


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.split("/")[1:]:
                if segment.startswith("{"):
                    node.any = node.any or _Node()
                    node = node.any
                else:
                    node = node.named.setdefault(segment.encode(), _Node())
            node.routes[route.method] = route
            if route.method == "GET":
                node.routes["HEAD"] = route

    def find(self, method: str, raw_path: bytes) -> tuple[Route, tuple[str, ...]]:
        """The route, and its path parameters decoded; bytes that are not UTF-8 become lone surrogates.

        Raises NoRoute, and MethodNotAllowed with what is allowed.
        """
        node: _Node | None = self._root
        parameters: list[str] = []
        for raw in raw_path.split(b"/")[1:]:
            assert node is not None
            plain = unquote_to_bytes(raw) if b"%" in raw else raw
            named = node.named.get(plain)
            if named is None and node.any is not None:
                parameters.append(plain.decode("utf-8", "surrogateescape"))
            node = named or node.any
            if node is None:
                raise NoRoute
        if node is None or not node.routes:
            raise NoRoute
        route = node.routes.get(method)
        if route is None:
            raise MethodNotAllowed(allow=", ".join(sorted({*node.routes, "OPTIONS"})))
        return route, tuple(parameters)
