"""Rules of this house that no linter knows: sizes, and code that nobody calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from vulture import Vulture

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
"""Lines from the first statement on: a signature may list what it takes line by line."""
MADE = {"methods.py", "async_methods.py", "shapes.py", "refusals.py"}
"""Made from the API's description."""
LONG = {
    "src/traylane/db/migrations/versions/0001_first_schema.py": "what has run is never edited",
    "src/traylane/cli/rows.py": "three commands of one kind, made together",
    "src/traylane/cli/show.py": "the show of the demo, refusal by refusal",
}
CALLED_BY_OTHERS = {
    "create_indexes": "migrations",
    "drop_indexes": "migrations",
    "__getattr__": "Python",
    "async_items": "the client's made methods",
    "do_POST": "http.server",
    "exec_module": "importlib",
    "from_env": "uvicorn, by its name",
    "has_permission": "Django REST framework",
    "get_reset_query": "asyncpg",
    "log_message": "http.server",
    "points": "a template",
    "pytest_collection_modifyitems": "pytest",
    "turn": "tests, to serve every endpoint once",
    "work_beside": "the process beside an import, by its name",
    "ServerLog": "the logging configuration, by its name",
}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path.name not in MADE)


def too_long(path: Path) -> list[str]:
    """A file, and functions in it, that are longer than they may be."""
    text = path.read_text()
    lines = text.count("\n")
    found = [f"{path.name}: {lines} lines"] if lines > LONGEST_FILE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.body[0].lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{path.name}: {node.name} has {length} lines")
    return found


def uncalled(*paths: Path) -> set[str]:
    """Functions, methods, properties and classes that nothing in `paths` names."""
    vulture = Vulture()
    vulture.scavenge([str(path) for path in paths], exclude=["*/migrations/versions/*"])
    kinds = {"function", "method", "property", "class"}
    return {
        item.name
        for item in vulture.get_unused_code(min_confidence=60)
        if item.typ in kinds and item.filename.name not in MADE and not _is_registered(item.filename, item.first_lineno)
    }


def _is_registered(path: Path, line: int) -> bool:
    """Whether a decorator hands it to somebody who calls it."""
    return path.read_text().splitlines()[line - 1].lstrip().startswith("@")


def test_files_and_functions_are_short() -> None:
    found = {str(path.relative_to(ROOT)): too_long(path) for path in sources("src", "bench", "docs", "torture")}
    assert {name: what for name, what in found.items() if what and name not in LONG} == {}
    assert [name for name in LONG if not found[name]] == []


def test_nobody_keeps_what_nobody_calls() -> None:
    assert uncalled(ROOT / "src", ROOT / "docs", ROOT / "torture", ROOT / "bench") - CALLED_BY_OTHERS.keys() == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 301, ["new.py: 301 lines"]),
        ("def f():\n" + "    x = 1\n" * 41, ["new.py: f has 41 lines"]),
        ("def f(\n" + "".join(f"    a{n},\n" for n in range(41)) + "):\n    return a0\n", []),
    ],
)
def test_what_is_too_long_is_found(tmp_path: Path, text: str, found: list[str]) -> None:
    path = tmp_path / "new.py"
    path.write_text(text)
    assert too_long(path) == found


def test_what_nobody_calls_is_found(tmp_path: Path) -> None:
    path = tmp_path / "new.py"
    path.write_text("def called():\n    pass\n\n\ndef left():\n    pass\n\n\ncalled()\n")
    assert uncalled(path) == {"left"}
