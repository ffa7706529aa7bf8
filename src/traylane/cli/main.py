"""The command line.

Exit codes: 0 done; 1 refused (a rule said no, or some lines of a file were bad); 2 wrong usage; 3 the database or
the server cannot be used; 70 a fault of the program; 130 interrupted; 141 nobody reads standard output any more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache

import typer

from traylane.cli import (
    backup,
    call,
    completion,
    conformance,
    demo,
    doctor,
    erase,
    floor,
    keys,
    migrate,
    orders,
    output,
    reports,
    rows,
    serve,
    settings,
    setup,
    simulate,
    users,
    verify,
    webhooks,
)
from traylane.cli.ask import Said
from traylane.errors import BadArguments, Fault, Refused, Unavailable

EPILOG = (
    "Exit codes: 0 done, 1 refused (a rule said no, some lines were bad), 2 wrong usage, "
    "3 the database or the server cannot be used, 70 a fault of Traylane's own."
)

app = typer.Typer(
    name="traylane",
    help="The order desk of an optical laboratory: find, track and safely cancel orders.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # with it, help takes twice as long
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("migrate")(migrate.migrate)
app.command("verify")(verify.verify)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(backup.feed, name="feed")
app.command("erase")(erase.erase)
app.command("simulate")(simulate.simulate)
app.command("call")(call.call)
app.command("doctor")(doctor.doctor)
app.command("conformance")(conformance.conformance)
app.command("completion")(completion.completion)
app.command("dispatch")(webhooks.dispatch)
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(setup.app, name="setup")
app.add_typer(settings.app, name="settings")
for commands in rows.COMMANDS:
    app.add_typer(rows.app_of(commands), name=commands.name)
app.add_typer(orders.app, name="orders")
app.add_typer(floor.app, name="floor")
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(reports.app, name="reports")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the program's exit code. Never raises what a person could cause."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    if not all(map(_is_text, given)):
        _report("An argument is not UTF-8", [], as_json=as_json)
        return output.WRONG_USAGE
    completion.answer()
    try:
        code = _program()(args=given, prog_name="traylane", standalone_mode=False)
    except Refused as refusal:
        if isinstance(refusal, Unavailable) and isinstance(refusal.__cause__, Fault):
            _report(str(refusal.__cause__), [], as_json=as_json)
            return output.CANNOT_USE
        _report(refusal.sentence, refusal.details(), as_json=as_json, advice=getattr(refusal, "__notes__", ()))
        return _code_of(refusal)
    except Fault as fault:
        _report(str(fault), [], as_json=as_json)
        return output.CANNOT_USE
    except typer.TyperException as wrong:
        return _wrong_usage(wrong, as_json=as_json)
    except Exception as error:  # the last fence: what an exception says may be what a file or a secret holds
        from traylane.log import where

        _report("Something went wrong here; please report these places", where(error), as_json=as_json)
        return output.FAULT
    if code == output.INTERRUPTED:
        output.say("Interrupted")
    return code if isinstance(code, int) else output.DONE


@cache
def _program() -> typer.core.TyperGroup:
    # Made of every command's signature: far dearer than most commands are.
    return typer.main.get_group(app)


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_usage(wrong: typer.TyperException, *, as_json: bool) -> int:
    sentence = wrong.format_message()
    if sentence:  # else help was asked for by giving nothing, and has been shown
        _report(sentence, [], as_json=as_json)
    return wrong.exit_code


def _report(sentence: str, details: list[str], *, as_json: bool, advice: Sequence[str] = ()) -> None:
    """Say why nothing was done. `advice` is for people only: programs get what the API answers."""
    if as_json:
        output.print_json({"error": sentence, "details": details})
    else:
        output.say("; ".join([sentence, *details, *advice]))


def _code_of(refusal: Refused) -> int:
    match refusal:
        case Unavailable() | Said(data={"status": 401 | 500 | 503}):
            return output.CANNOT_USE
        case BadArguments():
            return output.WRONG_USAGE
        case _:
            return output.REFUSED
