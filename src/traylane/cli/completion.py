"""`traylane completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from traylane.cli import output
from traylane.cli.options import one_of

SHELLS = ("bash", "zsh", "fish")
_ASKED = "_TRAYLANE_COMPLETE"
"""Set by the scripts when they ask this program what fits."""


def completion(
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="The shell that the script is for.")],
) -> None:
    """Print the script that makes a shell complete commands and options.

    For example in ~/.bashrc: source <(traylane completion bash)
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # not among its __all__

    wanted = one_of(shell, SHELLS, "SHELL")
    output.print_text(get_completion_script(prog_name="traylane", complete_var=_ASKED, shell=wanted))


def answer() -> None:
    """Get ready to answer a shell, if it is one that asks."""
    if _ASKED in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]  # not among its __all__

        completion_init()
