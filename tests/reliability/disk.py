"""A disk that loses its power, fills up, or fails to write: an apsw VFS under every connection of this process.

What is written is kept twice: in the file, as the operating system has it, and here, as it would be found after a power
cut: what was synced, and of the rest any part, any write perhaps only to its half.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw


class _Image:
    """One file as it would be found: what is on the disk, and what is still on its way."""

    def __init__(self, path: str) -> None:
        there = Path(path)
        self.is_known = there.exists()
        self.durable = bytearray(there.read_bytes()) if self.is_known else bytearray()
        self.pending: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        for change in self.pending:
            self._apply(*change)
        self.pending.clear()
        self.is_known = True

    def after_the_cut(self, chance: random.Random) -> bytes | None:
        """None when the folder has not heard of the file."""
        if not self.is_known and chance.random() < 0.5:
            return None
        for place, data in self.pending:
            luck = chance.random()
            if luck < 0.45:
                continue
            torn = data is not None and luck < 0.6
            self._apply(place, data[: chance.randrange(len(data))] if torn and data else data)
        return bytes(self.durable)

    def _apply(self, place: int, data: bytes | None) -> None:
        if data is None:
            del self.durable[place:]
            return
        self.durable.extend(bytes(max(0, place - len(self.durable))))
        self.durable[place : place + len(data)] = data


class Disk:
    """What happens at which write or sync. `changes_left`: the power goes at that one."""

    def __init__(self) -> None:
        self.changes_left: int | None = None
        self.is_full = False
        self.syncs_fail = False
        self._images: dict[str, _Image] = {}
        self._lock = threading.Lock()

    def opened(self, path: str) -> None:
        """A file that is used from now on."""
        with self._lock:
            if path not in self._images:
                self._images[path] = _Image(path)

    def write(self, path: str, place: int, data: bytes | None) -> None:
        """A write, or with None a truncation."""
        with self._lock:
            self._use_power()
            if self.is_full and data is not None:
                raise apsw.FullError
            self._images[path].pending.append((place, data))

    def sync(self, path: str) -> None:
        """What was written before is on the disk."""
        with self._lock:
            self._use_power()
            if self.syncs_fail:
                # The system takes what it could not write for written, and forgets it.
                self._images[path].pending.clear()
                raise apsw.IOError
            self._images[path].sync()

    def forget(self, path: str) -> None:
        """A file that was deleted."""
        with self._lock:
            self._images.pop(path, None)

    def leave_after_the_cut(self, folder: Path, chance: random.Random) -> None:
        """Write every file as it is found when the power is back."""
        with self._lock:
            for path, image in self._images.items():
                content = image.after_the_cut(chance)
                if content is not None and not path.endswith("-shm"):
                    (folder / os.path.basename(path)).write_bytes(content)

    def _use_power(self) -> None:
        if self.changes_left is not None:
            self.changes_left -= 1
            if self.changes_left <= 0:
                raise apsw.IOError


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("faulty", base="unix", makedefault=True)
        self._disk = disk

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802 (apsw's name)
        return _File(self._disk, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self._disk.forget(name)
        super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else (name or "")
        disk.opened(self._path)
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.write(self._path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.write(self._path, newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.sync(self._path)


@contextmanager
def faulty_disk() -> Iterator[Disk]:
    """Every connection that is opened in here is on this disk."""
    disk = Disk()
    vfs = _Vfs(disk)
    try:
        yield disk
    finally:
        vfs.unregister()
