"""The promises, as `promises.toml` has them."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
ALL = tuple(f"R{number}" for number in range(1, 25))
_CONTROL = re.compile(r"^@pytest\.mark\.control$", re.MULTILINE)


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One promise. `full` and `ci` say the sizes; `pieces` make up the full one; `not_run` why nothing tries it, or
    what of it, yet; `not_held` what was seen to break it and is not mended; `takes`: how long the full size does, where
    it was not run; `also`: what a command of its own has shown beside; `needs_hosts`: three hosts in network
    namespaces, for which one has to be root."""

    promise: str
    full: str
    ci: str
    anchor: str = ""
    modules: tuple[str, ...] = ()
    pieces: int = 1
    not_run: str = ""
    not_held: str = ""
    takes: str = ""
    also: str = ""
    needs_hosts: bool = False

    def module_paths(self) -> tuple[Path, ...]:
        """Its test modules."""
        return tuple(ROOT / module for module in self.modules)


def promises() -> dict[str, Promise]:
    """Every promise by its number."""
    text = (ROOT / "torture" / "promises.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, Promise])


def missing(found: dict[str, Promise]) -> list[str]:
    """What the rows lack, a sentence each: all there, each with modules and a control, or the reason why not."""
    lacking = [f"{number} has no row" for number in ALL if number not in found]
    for number, promise in found.items():
        paths = promise.module_paths()
        lacking += [f"{number}: there is no {path.relative_to(ROOT)}" for path in paths if not path.exists()]
        texts = [path.read_text(encoding="utf-8") for path in paths if path.exists()]
        if not paths and not promise.not_run:
            lacking.append(f"{number} names neither modules nor a reason")
        if paths and not any(_CONTROL.search(text) for text in texts):
            lacking.append(f"{number} has no control")
        if paths and not any(f'mark.promise("{number}")' in text for text in texts):
            lacking.append(f"{number}: no test is marked with it")
    return lacking
