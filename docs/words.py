"""The texts of the console: what the code says, and the catalogues that translate it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

import traylane
from traylane.access.people import ROLES
from traylane.api.errors import STATUS
from traylane.console import words
from traylane.errors import Refused
from traylane.policy.catalogue import SETTINGS
from traylane.policy.kinds import KINDS

for _module in pkgutil.walk_packages(traylane.__path__, "traylane."):
    if not _module.name.endswith(("__main__", "migrations.env")):
        importlib.import_module(_module.name)  # so that every refusal is known, whatever else was imported before
CONSOLE = Path(words.__file__).parent
_NAMES = {"Traylane", "· Traylane", "htmx"}
_KIND = re.compile("{% block kind %}.*?{% endblock %}")
_PARSER = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {catalogue.plural_forms}\\n"

"""


def texts(folder: Path = CONSOLE) -> Iterator[str | tuple[str, ...]]:
    """Every text of the console, those of the rest of the house that it shows included."""
    found = extract_from_dir(folder, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS)
    for _path, _line, text, _comments, _context in found:
        yield text
    yield from ROLES
    yield from _of_the_set_up()
    for refusal in refusals():
        yield refusal.sentence
        yield from filter(None, [getattr(refusal, "why", "")])


def _of_the_set_up() -> Iterator[str]:
    """The names and explanations of settings and properties, from which the forms are made."""
    for setting in SETTINGS:
        yield from filter(None, [setting.name.partition(":")[2], setting.help, setting.unit])
    for kind in KINDS:
        yield from (column.about for column in kind.columns if column.about)


def refusals() -> list[type[Refused]]:
    """Every refusal of the house."""
    found, waiting = [*STATUS], [Refused]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found += [refusal for refusal in below if refusal.__module__.startswith("traylane.")]
    return [*dict.fromkeys(found)]


def catalogue(language: str, folder: Path = CONSOLE) -> Catalog:
    """The texts with what is translated of them."""
    path = folder / "locale" / f"{language}.po"
    before = read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    found = Catalog(locale=language)
    for text in texts(folder):
        known = before.get(text)
        found.add(text, string=known.string if known else None)
    return found


def files() -> Iterator[tuple[Path, Callable[[], str]]]:
    """Each catalogue's file, and what makes its text."""
    for language in words.LANGUAGES:
        if language != words.FIRST:
            yield CONSOLE / "locale" / f"{language}.po", partial(_text, language)


def _text(language: str) -> str:
    made = catalogue(language)
    body = BytesIO()
    # No places of origin, no wrapping, sorted: two branches that add texts seldom touch the same lines.
    write_po(body, made, no_location=True, omit_header=True, sort_output=True, width=0)
    return _HEADER.format(language=language, catalogue=made) + body.getvalue().decode()


def missing(language: str, folder: Path = CONSOLE) -> list[str]:
    """The texts that are not translated, or whose translation leaves out a value."""
    made = catalogue(language, folder)
    broken = {str(message.id) for message, problems in made.check() if list(problems)}
    return sorted(broken | {str(message.id) for message in made if message.id and not _is_whole(message)})


def _is_whole(message: Message) -> bool:
    return all([message.string] if isinstance(message.string, str) else message.string or [""])


def hidden(folder: Path = CONSOLE) -> list[str]:
    """The texts within f-strings, each with its file: below Python 3.12 nobody finds them there to translate them."""
    return [
        f"{path.name}: {call.args[0].value!s}"
        for path in sorted(folder.rglob("*.py"))
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_"
        if call.args and isinstance(call.args[0], ast.Constant)
    ]


def bare(folder: Path = CONSOLE) -> list[str]:
    """The texts of templates that are not given to `_`, each with its file."""
    return [
        f"{path.name}: {text}"
        for path in sorted((folder / "templates").glob("*.html"))
        for text in _bare(path.read_text(encoding="utf-8"))
    ]


def _bare(source: str) -> Iterator[str]:
    # What is an expression, a translated one included, stands as a sign that is in no text.
    parts = _PARSER.parse(_KIND.sub("", source)).find_all((nodes.TemplateData, nodes.Output))
    data = "\0".join(part.data for part in parts if isinstance(part, nodes.TemplateData))
    for text in re.split(r"<[^>]*>|\0", data):
        if re.search(r"[A-Za-z]", text) and text.strip() not in _NAMES:
            yield text.strip()
    yield from re.findall(r'(?:aria-label|title|placeholder|alt)="([^"\0]*[A-Za-z][^"]*)"', data)
