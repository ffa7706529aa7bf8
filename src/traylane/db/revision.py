"""Which schema this code is for; apart from the tables, whose library a running service does without."""

from __future__ import annotations

HEAD = "0011"
"""The revision that this code reads and writes; tests hold it against the migration chain."""
