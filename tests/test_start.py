"""What a service does without before it is ready."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = "{'alembic', 'django', 'httpx', 'opentelemetry', 'rich', 'sqlalchemy', 'traylane.client'}"
NO_PASSWORD = """
import argon2
def hash(self, password): raise AssertionError("a password is hashed before anybody signs in")
argon2.PasswordHasher.hash = hash
"""


def started(before: str, after: str = "") -> str:
    code = f"{before}\nimport sys, uvicorn, traylane.serving, traylane.app\n{after}"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout


def test_a_start_loads_nothing_that_a_service_can_do_without() -> None:
    assert started("", f"print(sorted({WITHOUT} & set(sys.modules)))") == "[]\n"


def test_a_command_on_a_database_loads_nothing_that_only_migrations_need() -> None:
    assert started("", "import traylane.cli.local_desk\nprint('sqlalchemy' in sys.modules)") == "False\n"


def test_a_start_hashes_no_password() -> None:
    started(NO_PASSWORD)
