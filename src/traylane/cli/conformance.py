"""`traylane conformance`: the contract of the v2 API, tried on any server that speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.options import AsJson, one_of
from traylane.errors import Fault

if TYPE_CHECKING:
    from traylane.conformance.case import Result


def conformance(
    url: Annotated[str, typer.Option(envvar="TRAYLANE_URL", metavar="URL", help="The server to try.")],
    key: Annotated[
        str, typer.Option(envvar="TRAYLANE_KEY", metavar="KEY", help="An access key; rather in the environment.")
    ] = "",
    only: Annotated[str, typer.Option(metavar="AREA", help="Only one area: find, cancel, make or repeat.")] = "",
    documented: Annotated[
        bool, typer.Option("--documented", help="Only what the documents of the v2 API say; nothing of Traylane's own.")
    ] = False,
    change_settings: Annotated[
        bool,
        typer.Option(
            "--change-settings", help="Also what needs other settings for a moment. Never on a laboratory at work."
        ),
    ] = False,
    customer: Annotated[str, typer.Option(help="A customer to create orders for.")] = "1001",
    reason: Annotated[str, typer.Option(help="A delete reason.")] = "CUS",
    station: Annotated[str, typer.Option(help="A station that an order may pass; looked for without it.")] = "",
    non_cancel_station: Annotated[str, typer.Option(help="A non-cancel station; looked for without it.")] = "",
    style: Annotated[str, typer.Option(help="A lens style.")] = "SV",
    material: Annotated[str, typer.Option(help="A lens material.")] = "CR39",
    as_json: AsJson = False,
) -> int:
    """Try the contract of the v2 API on a server. It creates orders there: use a laboratory for tests.

    Exit code 1 when a sentence of the contract is broken.
    """
    from traylane.conformance.all_cases import AREAS, CASES
    from traylane.conformance.case import run
    from traylane.conformance.server import Laboratory, Server

    if only:
        one_of(only, AREAS, "--only")
    lab = Laboratory(
        customer=customer,
        reason=reason,
        station=station,
        non_cancel_station=non_cancel_station,
        style=style,
        material=material,
    )
    chosen = [case for case in CASES if only in {"", case.area} and not (documented and case.source == "O")]
    try:
        server = Server(url, key, lab)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    try:
        results = list(run(chosen, server, set_up=change_settings))
    except OSError as error:
        raise Fault(f"No server answers at {url}: check the address, and that it runs") from error
    finally:
        server.close()
    _show(results, as_json=as_json)
    return output.REFUSED if any(result.verdict == "broken" for result in results) else output.DONE


def _show(results: list[Result], *, as_json: bool) -> None:
    counts = {verdict: sum(r.verdict == verdict for r in results) for verdict in ("kept", "broken", "not tried")}
    if as_json:
        rows = [
            {
                "area": r.case.area,
                "name": r.case.name,
                "source": r.case.source,
                "sentence": r.case.sentence,
                "verdict": r.verdict,
                "why": r.why,
            }
            for r in results
        ]
        output.print_json({"items": rows, **counts})
        return
    output.print_table(
        ("area", "from", "the contract says", "", "why"),
        ((r.case.area, r.case.source, r.case.sentence, r.verdict, r.why) for r in results),
    )
    output.print_text(
        f"{counts['kept']} kept, {counts['broken']} broken, {counts['not tried']} not tried. "
        "From: S the description of cancelling an order, D the documentation of the v2 API, O Traylane's own."
    )
