"""What a month would cost, in words and figures, without a database."""

from typing import Any

from gateway.contributions.errors import WageInvalidError
from gateway.contributions.rules import PER_HEAD, assess
from gateway.contributions.schedule import Schedule
from gateway.kit.money import format_amount


def preview(schedule: Schedule, wage_minor: int, additional_dependants: int, age: int = 0) -> dict[str, Any]:
    """Return each component with its base, rate, source and amount, and the total.

    Args:
        schedule: The month's.
        wage_minor: Declared monthly wage.
        additional_dependants: How many heads cost something more.
        age: Full years on the month's first day; only a component that ends at an age asks for it.

    Raises:
        WageInvalidError: A negative wage or number of heads, or heads where the country charges nothing for them.
    """
    currency = schedule.currency
    if wage_minor < 0:
        told = format_amount(wage_minor, currency)
        raise WageInvalidError(f"a wage of {told} {currency.code} is below zero; write what is earned in a month")
    if additional_dependants and all(component.kind != PER_HEAD for component in schedule.components):
        raise WageInvalidError(
            f"nothing is charged for additional dependants in {schedule.country.upper()}; leave out the {additional_dependants}"
        )
    assessed = assess(wage_minor, additional_dependants, schedule.components, age=age)
    lines = []
    for component, base, minor in zip(schedule.components, assessed.bases_minor, assessed.amounts_minor, strict=True):
        lines.append(
            {
                "code": component.code,
                "insurance": component.insurance,
                "share": component.share,
                "base": str(base) if component.kind == PER_HEAD else format_amount(base, currency),
                "rate": component.rate,
                "amount": format_amount(minor, currency),
                "amount_minor": minor,
                "source": component.source,
                "valid_from": component.valid_from,
                "read_on": component.read_on,
                "mark": component.mark,
                "verified": component.verified,
            }
        )
    return {
        "country": schedule.country,
        "period": str(schedule.period),
        "currency": currency.code,
        "wage": format_amount(wage_minor, currency),
        "additional_dependants": additional_dependants,
        "components": lines,
        "total": format_amount(assessed.total_minor, currency),
        "total_minor": assessed.total_minor,
        "unverified": [component.code for component in schedule.components if not component.verified],
        "verified": all(component.verified for component in schedule.components),
    }
