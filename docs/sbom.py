"""`python -m docs.sbom [FILE]`: what a running service is made of, as CycloneDX 1.5 JSON.

The packages that the installed `traylane` needs, and theirs; versions and licences as installed, digests as the lock
`requirements/dev.txt` has them. The same environment gives the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "dev.txt"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def document() -> dict[str, Any]:
    """The whole bill of materials."""
    root, parts, locked = distribution("traylane"), needed("traylane"), digests()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": _component(root, {}) | {"type": "application"}},
        "components": [_component(parts[name], locked) for name in sorted(parts)],
        "dependencies": [
            {"ref": _purl(one), "dependsOn": sorted(_purl(parts[name]) for name in _asked_for(one) if name in parts)}
            for one in (root, *(parts[name] for name in sorted(parts)))
        ],
    }


def needed(name: str) -> dict[str, Distribution]:
    """Every package that `name` needs to run, itself left out."""
    found: dict[str, Distribution] = {}
    waiting = _asked_for(distribution(name))
    while waiting:
        wanted = waiting.pop()
        if wanted not in found:
            try:
                found[wanted] = distribution(wanted)
            except PackageNotFoundError:  # for another system, or an extra that was not asked for
                continue
            waiting |= _asked_for(found[wanted])
    return found


def digests() -> dict[str, list[str]]:
    """The digests that the lock allows for each package."""
    kept: dict[str, list[str]] = {}
    name = ""
    for line in LOCK.read_text().splitlines():
        if pinned := _PINNED.match(line):
            name = _plain(pinned[1])
        kept.setdefault(name, []).extend(_DIGEST.findall(line))
    return kept


def _asked_for(one: Distribution) -> set[str]:
    asked = [Requirement(text) for text in one.requires or ()]
    return {_plain(r.name) for r in asked if r.marker is None or r.marker.evaluate({"extra": ""})}


def _component(one: Distribution, locked: dict[str, list[str]]) -> dict[str, Any]:
    name = _plain(one.metadata["Name"])
    kept = one.metadata.json
    licence = str(kept.get("license_expression") or kept.get("license") or "")
    found = {
        "type": "library",
        "bom-ref": _purl(one),
        "name": name,
        "version": one.version,
        "purl": _purl(one),
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in sorted(locked.get(name, ()))],
    }
    short = licence.splitlines()[0] if licence else ""
    return found | ({"licenses": [{"license": {"name": short}}]} if short else {})


def _purl(one: Distribution) -> str:
    return f"pkg:pypi/{_plain(one.metadata['Name'])}@{one.version}"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(given: list[str]) -> int:
    """Write the document to a file, or to standard output."""
    text = json.dumps(document(), indent=1) + "\n"
    if given:
        Path(given[0]).parent.mkdir(parents=True, exist_ok=True)
        Path(given[0]).write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
