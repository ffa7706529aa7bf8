"""The parts of `traylane.client` that are made from the API's description: methods, shapes, refusals."""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.client_types import Schema, argument, pascal, reference, snake, type_of, union
from traylane.api.openapi import description

FOLDER = Path(__file__).parents[1] / "src" / "traylane" / "client"
MADE = "# Made by `make docs` from the API's description; edit the code that this comes from instead.\n"
FUTURE = "from __future__ import annotations\n"
FOR_PEOPLE = {
    "readDescription": "a page for people",
    "streamEvents": "a stream; `follow` reads the feed",
    "readMetrics": "a page for Prometheus",
}
"""Operations that need no method, and why."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the description as a method."""

    method: str
    path: str
    described: Schema

    @property
    def name(self) -> str:
        return snake(self.described["operationId"])

    def parameters(self, where: str) -> list[Schema]:
        return [parameter for parameter in self.described.get("parameters", []) if parameter["in"] == where]

    @property
    def query(self) -> dict[str, Schema]:
        return {parameter["name"]: parameter["schema"] for parameter in self.parameters("query")}

    @property
    def headers(self) -> set[str]:
        return {parameter["name"] for parameter in self.parameters("header")}

    @property
    def answers(self) -> list[Schema]:
        """The schemas of a success; a dry run's comes last."""
        schemas: list[Schema] = []
        for status, response in self.described["responses"].items():
            if status.startswith("2"):
                schema = response.get("content", {}).get("application/json", {}).get("schema")
                schemas += [{"type": "null"}] if schema is None else schema.get("anyOf", [schema])
        return schemas

    @property
    def body(self) -> Schema | None:
        content = self.described.get("requestBody", {}).get("content", {})
        schema: Schema | None = content.get("application/json", {}).get("schema")
        return schema

    @property
    def changes(self) -> bool:
        return self.method not in {"get", "head"}


def operations() -> list[Operation]:
    """Every operation that gets a method, by name."""
    found = [
        Operation(method=method, path=path, described=described)
        for path, methods in description()["paths"].items()
        for method, described in methods.items()
        if described["operationId"] not in FOR_PEOPLE
    ]
    return sorted(found, key=lambda operation: operation.name)


def methods() -> str:
    """The methods that answer at once."""
    return _methods("Methods", "def", "items", "Iterator", lambda text: text)


def async_methods() -> str:
    """The methods that are awaited."""
    return _methods("AsyncMethods", "async def", "async_items", "AsyncIterator", lambda text: f"await {text}")


def shapes() -> str:
    """What goes out and what comes in, as typed dictionaries."""
    schemas = description()["components"]["schemas"]
    blocks = [_shape(name, schema) for name, schema in sorted(schemas.items())]
    head = '"""The published shapes: plain dictionaries, their properties by the API\'s names."""\n\n'
    imports = f"{FUTURE}\nfrom typing import Any, Literal, NotRequired, TypedDict\n\n"
    return MADE + head + imports + "\n\n".join(blocks)


def refusals() -> str:
    """A class for each code."""
    found: dict[str, str] = {}
    for methods_ in description()["paths"].values():
        for described in methods_.values():
            for response in described["responses"].values():
                examples = response.get("content", {}).get("application/problem+json", {}).get("examples", {})
                found |= {code: example["summary"] for code, example in examples.items()}
    classes = [
        f'class {pascal(code)}(Refused):\n    """{text}."""\n\n    code = "{code}"\n'
        for code, text in sorted(found.items())
    ]
    names = ", ".join(pascal(code) for code in sorted(found))
    table = (
        f"BY_CODE: dict[str, type[Refused]] = {{\n    refusal.code: refusal\n    for refusal in (\n{names},)}}\n"
        '"""The class for a code."""\n'
    )
    head = f'"""The refusals of the API, a class for each code."""\n\n{FUTURE}\n'
    return MADE + head + "from traylane.client.errors import Refused\n\n\n" + "\n\n".join([*classes, table])


FILES: dict[str, Callable[[], str]] = {
    "methods.py": methods,
    "async_methods.py": async_methods,
    "shapes.py": shapes,
    "refusals.py": refusals,
}


def files() -> Iterator[tuple[Path, Callable[[], str]]]:
    """Where each file lies, and how it is made."""
    for name, make in FILES.items():
        yield FOLDER / name, lambda name=name, make=make: _formatted(name, make())  # type: ignore[misc]


def _methods(name: str, define: str, iterate: str, iterator: str, awaited: Callable[[str], str]) -> str:
    blocks = [block for operation in operations() for block in _of(operation, define, iterate, iterator, awaited)]
    text = "\n".join(blocks)
    base = (
        f"class {name}:\n"
        f'    """Every operation of the API. `_ask` is the way to the service."""\n\n'
        f"    {define} _ask(self, ask: Ask[T]) -> T:\n        raise NotImplementedError\n\n"
    )
    literal = ", Literal" if "Literal[" in text else ""
    imports = (
        f"from collections.abc import {iterator}\nfrom typing import Any{literal}, TypeVar\n\n"
        f"from traylane.client import shapes\nfrom traylane.client.ask import Ask\n"
        f"from traylane.client.pages import {iterate}\n\nT = TypeVar('T')\n\n\n"
    )
    return f'{MADE}"""Every operation of the API as a method."""\n\n{FUTURE}\n{imports}{base}{text}'


def _of(operation: Operation, define: str, iterate: str, iterator: str, awaited: Callable[[str], str]) -> Iterator[str]:
    answers, dry = operation.answers, "dryRun" in operation.query
    answer = union(answers[:-1] if dry else answers)
    item = _item(answers)
    if item is None:
        yield _method(operation, operation.name, answer, define, awaited)
    else:
        yield _method(operation, f"{operation.name}_page", answer, define, awaited)
        yield _iteration(operation, item, iterate, iterator)
    if dry:
        yield _method(operation, f"{operation.name}_dry_run", type_of(answers[-1]), define, awaited, dry_run=True)


def _method(
    operation: Operation,
    name: str,
    answer: str,
    define: str,
    awaited: Callable[[str], str],
    *,
    dry_run: bool = False,
) -> str:
    query = {name: schema for name, schema in operation.query.items() if name != "dryRun"}
    sent = [f'"{name}": {argument(name)}' for name in query] + (['"dryRun": True'] if dry_run else [])
    keyed = "Idempotency-Key" in operation.headers and not dry_run
    conditional = "If-Match" in operation.headers
    path = re.sub(r"\{\w+\}", "{}", operation.path)
    segments = "".join(f"{argument(p['name'])}, " for p in operation.parameters("path"))
    asked = [f'method="{operation.method.upper()}"', f'path="{path}"']
    asked += [f"segments=({segments})"] if segments else []
    asked += [f"query={{{', '.join(sent)}}}"] if sent else []
    asked += ["body=body"] if operation.body is not None else []
    asked += ["changes=True"] if operation.changes and not dry_run else []
    asked += ["keyed=True", "idempotency_key=idempotency_key"] if keyed else []
    asked += ["if_match=if_match"] if conditional else []
    named = _named(query, keyed=keyed, conditional=conditional)
    about = "What it would say; nothing is written." if dry_run else _about(operation)
    call = f"self._ask(Ask[{answer}]({', '.join(asked)}))"
    return (
        f"    {define} {name}({_positional(operation)}{named}) -> {answer}:\n"
        f'        """{operation.described["summary"]}.\n\n        {about}\n        """\n'
        f"        return {awaited(call)}\n"
    )


def _iteration(operation: Operation, item: str, iterate: str, iterator: str) -> str:
    rest = {name: schema for name, schema in operation.query.items() if name not in {"limit", "offset"}}
    named = f"{_named(rest) or ', *'}, limit: int | None = None, offset: int = 0"
    given = [argument(p["name"]) for p in operation.parameters("path")]
    given += [f"{argument(name)}={argument(name)}" for name in rest]
    call = f"self.{operation.name}_page({', '.join([*given, 'limit=limit', 'offset=offset'])})"
    return (
        f"    def {operation.name}({_positional(operation)}{named}) -> {iterator}[{item}]:\n"
        f'        """{operation.described["summary"]}: page by page, all from `offset` on or the first `limit`."""\n'
        f"        def page(limit: int, offset: int) -> Any:\n            return {call}\n\n"
        f"        return {iterate}(page, limit=limit, offset=offset)\n"
    )


def _positional(operation: Operation) -> str:
    text = "self" + "".join(f", {argument(p['name'])}: str" for p in operation.parameters("path"))
    if operation.body is None:
        return text
    required = operation.described["requestBody"].get("required", False)
    return text + f", body: {type_of(operation.body)}" + ("" if required else " | None = None")


def _named(query: dict[str, Schema], *, keyed: bool = False, conditional: bool = False) -> str:
    named = [f"{argument(name)}: {type_of(schema)} | None = None" for name, schema in query.items()]
    named += ["idempotency_key: str | None = None"] if keyed else []
    named += ["if_match: str | None = None"] if conditional else []
    return f", *, {', '.join(named)}" if named else ""


def _about(operation: Operation) -> str:
    text = operation.described["description"].partition(" For `dryRun=true`")[0].replace("\n\n", "\n")
    lines: list[str] = []
    for word in text.replace("\n", " ").split():
        if lines and len(lines[-1]) + len(word) < 100:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n        ".join(lines)


def _item(answers: list[Schema]) -> str | None:
    """The type of a list's items, when the answer is one."""
    if len(answers) != 1 or "$ref" not in answers[0]:
        return None
    shape = description()["components"]["schemas"][reference(answers[0])]
    if set(shape.get("properties", ())) != {"total", "items"}:
        return None
    return type_of(shape["properties"]["items"]["items"])


def _shape(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    text = schema.get("description", f"{name}.")
    members = [
        (member, type_of(inner, prefix="") if member in required else f"NotRequired[{type_of(inner, prefix='')}]")
        for member, inner in schema.get("properties", {}).items()
    ]
    if any(keyword.iskeyword(member) for member, _ in members):
        pairs = ", ".join(f"'{member}': {type_!r}" for member, type_ in members)
        return f"{name} = TypedDict('{name}', {{{pairs}}})\n"
    lines = [f"    {member}: {type_}" for member, type_ in members]
    return f'class {name}(TypedDict):\n    """{text}"""\n\n' + "\n".join(lines) + "\n"


def _formatted(name: str, text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(FOLDER / name), "-"]
    ended = subprocess.run(command, input=text.encode(), capture_output=True, check=True)  # noqa: S603
    return ended.stdout.decode()
