"""``state``: what the state holds, and where it differs from what we filed and what was paid."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gateway.cli import state_client, state_key
from gateway.cli.acting import JsonOption, MutualOption, note, print_json, print_table, reading
from gateway.filing.drift import Difference, find_drift
from gateway.filing.drift_kinds import DriftKind
from gateway.kit.money import Currency, currency_of, format_amount
from gateway.kit.period import Period
from gateway.kit.written import writer_of

SHOWN = 200


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="What the state holds, its systems that may ask us, and our keys.", no_args_is_help=True, callback=_group
    )
    group.command("drift")(drift)
    state_client.add_to(group)
    state_key.add_to(group)
    app.add_typer(group, name="state")


def _group() -> None:
    """Look at what the state holds; keep its clients."""


def drift(
    period: Annotated[str, typer.Option(help="The month, YYYY-MM.")],
    kind: Annotated[DriftKind | None, typer.Option(help="Only differences of this kind.")] = None,
    language: Annotated[str, typer.Option("--language", help="es, fr or en.")] = "en",
    mutual: MutualOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every difference between what the state holds, what was filed and what was paid, and who has to act."""
    month = Period.parse(period)
    with reading(mutual) as at:
        currency = currency_of(at.mutual.currency)
        write = writer_of(at.mutual.currency, language, at.mutual.country)
        found = list(find_drift(at.session, period=month, kind=kind))
    counts = Counter(one.kind.value for one in found)
    if as_json:
        rows = [_plain(one, currency, language, write) for one in found]
        print_json({"period": str(month), "counts": dict(counts), "differences": rows})
        return
    rows = [_plain(one, currency, language, write) for one in found[:SHOWN]]
    columns = ("payroll", "member", "kind", "role", "text")
    if rows:
        print_table(columns, [[row[name] for name in columns] for row in rows], title=f"{month}")
    for name, count in counts.items():
        print(f"{name}: {count}")
    if len(found) > SHOWN:
        note(f"{len(found) - SHOWN} more; --json lists all.")
    if not found:
        print(f"{month}: the state, the filings and the money agree.")


def _plain(one: Difference, currency: Currency, language: str, write: Callable[[int], str]) -> dict[str, Any]:
    sides = one.sides

    def money(minor: int | None) -> str | None:
        return None if minor is None else format_amount(minor, currency)

    others = None if sides.filed_total_minor is None else sides.filed_total_minor - (sides.from_member_minor or 0)
    return {
        "payroll": one.payroll_code,
        "employer": one.employer_number,
        "member": sides.number,
        "kind": one.kind.value,
        "role": one.role,
        "text": one.text(language, write),
        "state": {
            "active_since": str(Period.of(sides.active_since)) if sides.active_since else None,
            "last_period": str(Period.of(sides.last_period)) if sides.last_period else None,
            "wage": money(sides.held_wage_minor),
            "dependants": sides.held_heads,
            "amount": money(sides.state_accepted_minor),
            "code": sides.state_code,
        },
        "filed": {
            "filing": sides.filing_id,
            "line": sides.line_no,
            "status": sides.line_status,
            "wage": money(sides.filed_wage_minor),
            "dependants": sides.filed_heads,
            "amount": money(sides.filed_minor),
        },
        "paid": {
            "needed": money(sides.needed_minor),
            "held": money(one.paid_minor),
            "from_member": money(sides.from_member_minor),
            "from_others": money(others),
        },
    }
