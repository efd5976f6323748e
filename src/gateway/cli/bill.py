"""``bill``: what paying on a day costs, and the state's bill against ours."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gateway.calendar.frozen import frozen, has_calendar
from gateway.calendar.queries import WorkCalendar
from gateway.cli.acting import JsonOption, MutualOption, print_fields, print_json, print_table, reading
from gateway.contributions.lateness import Charge, Lateness, lateness_of
from gateway.contributions.schedule import tables_of
from gateway.filing.bill_words import costs, why
from gateway.filing.compare_bill import compare_bill
from gateway.filing.errors import ForecastDayError
from gateway.filing.forecast import forecast_bill
from gateway.kit.errors import MalformedError
from gateway.kit.money import Currency, currency_of, format_amount, parse_amount
from gateway.kit.period import Period
from gateway.kit.written import writer_of

LanguageOption = Annotated[str, typer.Option("--language", help="es, fr or en.")]


class QuestionUnclearError(MalformedError):
    """Neither a bill nor an amount with its month was named, or a day that is none."""

    code = "question_unclear"
    title = "What is asked?"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The state's bill.", no_args_is_help=True)
    group.command("forecast")(forecast)
    group.command("compare")(compare)
    app.add_typer(group, name="bill")


def forecast(
    pay_on: Annotated[str, typer.Option(help="The day of payment, YYYY-MM-DD.")],
    bill: Annotated[int | None, typer.Argument(help="Number of the bill.", metavar="[BILL]")] = None,
    country: Annotated[str, typer.Option(help="Without a bill: whose rule.")] = "do",
    period: Annotated[str | None, typer.Option(help="Without a bill: the month, YYYY-MM.")] = None,
    amount: Annotated[str | None, typer.Option(help="Without a bill: unpaid contributions.")] = None,
    due_on: Annotated[str | None, typer.Option(help="Without a bill: the due day; else by the calendar.")] = None,
    language: LanguageOption = "en",
    mutual: MutualOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what paying on a day costs, before it is owed. With --period and --amount it needs no database."""
    day = _day(pay_on)
    if bill is not None:
        with reading(mutual) as at:
            told = forecast_bill(at.session, bill, pay_on=day)
            write = writer_of(told.currency, language, at.mutual.country)
        currency = currency_of(told.currency)
        more: dict[str, Any] = {"bill_id": told.bill_id}
        _show(
            told.lateness,
            currency,
            told.unpaid_minor,
            told.in_time_minor,
            told.total_minor,
            language,
            write,
            as_json,
            more,
        )
        return
    if period is None or amount is None:
        raise QuestionUnclearError("name a bill, or give --period and --amount")
    month, currency = Period.parse(period), currency_of(tables_of(country.lower())["currency"])
    unpaid = parse_amount(amount, currency)
    if unpaid < 0:
        raise QuestionUnclearError(f"{amount} is below zero; give the contributions that are not paid yet")
    due = _day(due_on) if due_on is not None else _due_on(country.lower(), month)
    if day <= month.start:
        raise ForecastDayError(f"{day} is before {month} has ended; nothing is billed yet")
    late = lateness_of(country.lower(), month, unpaid_minor=unpaid, due_on=due, pay_on=day)
    more = {"country": country.lower(), "period": str(month)}
    write = writer_of(currency.code, language, country)
    _show(late, currency, unpaid, unpaid, unpaid + late.total_minor, language, write, as_json, more)


def compare(
    bill: Annotated[int, typer.Argument(help="Number of the bill.", metavar="BILL")],
    language: LanguageOption = "en",
    mutual: MutualOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a bill component by component, ours against the state's, with the likely reason of each difference."""
    with reading(mutual) as at:
        told = compare_bill(at.session, bill, today=at.today)
    currency = currency_of(told.bill.currency)
    rows = [
        {
            "component": one.component,
            "ours": format_amount(one.ours_minor, currency),
            "theirs": format_amount(one.theirs_minor, currency),
            "difference": format_amount(one.difference_minor, currency),
            "reason": one.likely.value,
            "text": why(one, language),
            "mark": one.mark,
            "verified": one.verified,
        }
        for one in told.components
    ]
    head = {
        "bill_id": told.bill.id,
        "notice_reference": told.bill.notice_reference,
        "version": told.bill.version,
        "standing": told.standing.value,
        "due_on": told.bill.due_on.isoformat(),
        "our_due_on": told.our_due_on.isoformat() if told.our_due_on else None,
        "our_lines": told.our_lines,
        "their_lines": told.their_lines,
        "currency": currency.code,
        "ours": format_amount(told.ours_minor, currency),
        "theirs": format_amount(told.theirs_minor, currency),
        "difference": format_amount(told.theirs_minor - told.ours_minor, currency),
    }
    if as_json:
        print_json({**head, "components": rows})
        return
    print_fields(head)
    columns = ("component", "ours", "theirs", "difference", "reason", "mark")
    print_table(columns, [[row[name] for name in columns] for row in rows])
    for row in rows:
        if row["reason"] != "equal":
            print(f"{row['component']}: {row['text']}")


def _show(
    late: Lateness,
    currency: Currency,
    unpaid: int,
    in_time: int,
    total: int,
    language: str,
    write: Callable[[int], str],
    as_json: bool,
    more: dict[str, Any],
) -> None:
    is_verified = all(charge.is_verified for charge in late.charges)
    text = costs(
        language,
        write,
        pay_on=late.pay_on,
        due_on=late.due_on,
        total_minor=total,
        more_minor=total - in_time,
        is_verified=is_verified,
    )
    if not as_json:
        print(text)
        return
    print_json(
        {
            **more,
            "pay_on": late.pay_on.isoformat(),
            "due_on": late.due_on.isoformat(),
            "days_late": max(0, (late.pay_on - late.due_on).days),
            "months": late.months,
            "currency": currency.code,
            "unpaid": format_amount(unpaid, currency),
            "in_time": format_amount(in_time, currency),
            "more": format_amount(total - in_time, currency),
            "total": format_amount(total, currency),
            "total_minor": total,
            "charges": [_charge(charge, currency) for charge in late.charges],
            "verified": is_verified,
            "text": text,
        }
    )


def _charge(charge: Charge, currency: Currency) -> dict[str, Any]:
    return {
        "component": charge.code,
        "rate": charge.rate,
        "amount": format_amount(charge.amount_minor, currency),
        "source": charge.source,
        "mark": charge.mark,
        "verified": charge.is_verified,
    }


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as wrong:
        raise QuestionUnclearError(f"{text!r} is no day; expected YYYY-MM-DD, for example 2026-04-09") from wrong


def _due_on(country: str, period: Period) -> dt.date:
    if not has_calendar(country):
        raise QuestionUnclearError(f"no list of holidays is known for {country!r}; give the due day with --due-on")
    return WorkCalendar(frozen(country), {}).due_on(period)
