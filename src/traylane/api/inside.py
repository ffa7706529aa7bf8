"""The API without HTTP, for the person who has the database: the same routes, checks and answers.

No key is needed and nothing is logged; a refusal is raised as it is instead of becoming an error body.
"""

from __future__ import annotations

from traylane.access.actor import COMMAND_LINE
from traylane.api.auth import Headers
from traylane.api.call import Call
from traylane.api.http import Answer, Streamed
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import parsed
from traylane.orders.desk import Desk

_ROUTER = Router(ROUTES)


async def ask(desk: Desk, method: str, target: str, *, headers: Headers, body: bytes = b"") -> Answer:
    """The answer of a success. `target`: raw path and query. Raises what the endpoint refuses with."""
    raw_path, _, raw_query = target.encode().partition(b"?")
    route, path = _ROUTER.find(method, raw_path)
    query, content = parsed(route, raw_query, body, headers)
    call = Call(
        desk=desk,
        actor=COMMAND_LINE,
        now=desk.clock(),
        method=route.method,
        route=route.path,
        path=path,
        query=query,
        body=content,
        headers=headers,
    )
    answer = await route.handler(call)
    if isinstance(answer, Streamed):
        return Answer(answer.status, b"".join([part async for part in answer.parts]), answer.headers, answer.order)
    return answer
