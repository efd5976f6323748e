"""How a member's line may be funded: the mutual's policy, read from its stored form.

    {
      "order": ["own_money", "credit", "fund", "reserve"],
      "own_share_minimum": "0.75",
      "fund": {"limit_per_member": "1500.00", "limit_in_total": "50000.00"},
      "reserve": {"limit_per_member": "500.00", "limit_in_total": "20000.00", "only_if_covered_last_month": true},
      "leave_out": ["on_leave", "left", "deceased"],
      "one_payroll_only": true
    }

Every key may be missing: then nobody helps but the member's own money, and the last two are as shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Self

from gateway.filing.errors import PolicyInvalidError
from gateway.kit.errors import FieldProblem, GatewayError
from gateway.kit.money import Currency, parse_amount


class Source(StrEnum):
    """Whose money pays for a line."""

    OWN_MONEY = "own_money"
    """What the member paid in since the month began."""
    CREDIT = "credit"
    """What she had before."""
    FUND = "fund"
    RESERVE = "reserve"
    EMPLOYER = "employer"
    """An employer the mutual files for; never in a policy, because he pays for his own payrolls and nobody else does."""


OWN = (Source.OWN_MONEY, Source.CREDIT)
ABSENCES = ("on_leave", "left", "deceased")
_KEYS = ("order", "own_share_minimum", "fund", "reserve", "leave_out", "one_payroll_only")


@dataclass(frozen=True, slots=True)
class Help:
    """What a fund or the reserve may give; None is no limit."""

    limit_per_member_minor: int | None = None
    limit_in_total_minor: int | None = None
    only_if_covered_last_month: bool = False


@dataclass(frozen=True, slots=True)
class FundingPolicy:
    """The policy in force when a filing is prepared; kept with it."""

    order: tuple[Source, ...] = OWN
    own_share_minimum: Decimal = Decimal(0)
    """Part of what a line needs that her own money must reach before a fund or the reserve helps."""
    fund: Help = Help()
    reserve: Help = Help()
    leave_out: frozenset[str] = frozenset(ABSENCES)
    one_payroll_only: bool = True
    """A member who is declared in another payroll for the same month is not declared again."""

    @property
    def helpers(self) -> tuple[Source, ...]:
        """Who may help, in order."""
        return tuple(source for source in self.order if source not in OWN)

    def for_employer(self) -> Self:
        """Return the policy for a payroll of an employer the mutual files for: his money pays whole lines, nothing else does."""
        return replace(self, order=(Source.EMPLOYER,), own_share_minimum=Decimal(0), fund=Help(), reserve=Help())

    @classmethod
    def parse(cls, stored: Mapping[str, Any], currency: Currency) -> Self:
        """Read a policy; every mistake is named by its place.

        Raises:
            PolicyInvalidError: One or more values cannot be used.
        """
        reader = _Reader(stored, currency)
        policy = cls(
            order=reader.order(),
            own_share_minimum=reader.share("own_share_minimum"),
            fund=reader.help("fund", ("limit_per_member", "limit_in_total")),
            reserve=reader.help("reserve", ("limit_per_member", "limit_in_total", "only_if_covered_last_month")),
            leave_out=reader.leave_out(),
            one_payroll_only=reader.flag(stored, "/one_payroll_only", default=True),
        )
        reader.refuse_unknown(stored, _KEYS, "")
        if reader.problems:
            first = reader.problems[0]
            raise PolicyInvalidError(f"{first.pointer}: {first.detail}", errors=reader.problems)
        return policy


class _Reader:
    """Reads one policy and gathers what is wrong with it."""

    def __init__(self, stored: Mapping[str, Any], currency: Currency) -> None:
        self.stored = stored
        self.currency = currency
        self.problems: list[FieldProblem] = []

    def wrong(self, pointer: str, detail: str) -> None:
        self.problems.append(FieldProblem(pointer, "invalid", detail))

    def refuse_unknown(self, given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in sorted(set(given) - set(known)):
            self.wrong(f"{where}/{key}", f"no such setting; there are {', '.join(known)}")

    def order(self) -> tuple[Source, ...]:
        given = self.stored.get("order", [source.value for source in OWN])
        known = [source.value for source in Source if source is not Source.EMPLOYER]
        if not isinstance(given, list) or not given or any(word not in known for word in given):
            self.wrong("/order", f"expected a list of {', '.join(known)}, in the order in which they pay")
            return OWN
        order = tuple(Source(word) for word in given)
        if len(set(order)) != len(order):
            self.wrong("/order", "each source stands once")
        if Source.OWN_MONEY not in order:
            self.wrong("/order", "own_money must be among the sources: nobody else pays a line whole by a rule")
        helpers_begin = next((place for place, source in enumerate(order) if source not in OWN), len(order))
        if any(source in OWN for source in order[helpers_begin:]):
            self.wrong("/order", "own_money and credit come before fund and reserve, which only close a gap")
        return order

    def share(self, key: str) -> Decimal:
        given = self.stored.get(key, "0")
        try:
            value = Decimal(given) if isinstance(given, str) else Decimal("NaN")
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_nan() or not 0 <= value <= 1:
            self.wrong(
                f"/{key}", f'{given!r} is not a share; expected a string between "0" and "1", for example "0.75"'
            )
            return Decimal(0)
        return value

    def help(self, key: str, known: tuple[str, ...]) -> Help:
        given = self.stored.get(key, {})
        if not isinstance(given, Mapping):
            self.wrong(f"/{key}", f"expected an object with {', '.join(known)}")
            return Help()
        self.refuse_unknown(given, known, f"/{key}")
        return Help(
            self._amount(given, key, "limit_per_member"),
            self._amount(given, key, "limit_in_total"),
            self.flag(given, f"/{key}/only_if_covered_last_month", default=False),
        )

    def leave_out(self) -> frozenset[str]:
        given = self.stored.get("leave_out", list(ABSENCES))
        if not isinstance(given, list) or any(word not in ABSENCES for word in given):
            self.wrong("/leave_out", f"expected a list of {', '.join(ABSENCES)}")
            return frozenset(ABSENCES)
        return frozenset(given)

    def flag(self, given: Mapping[str, Any], pointer: str, *, default: bool) -> bool:
        value = given.get(pointer.rsplit("/", 1)[1], default)
        if not isinstance(value, bool):
            self.wrong(pointer, f"{value!r} is neither true nor false")
            return default
        return value

    def _amount(self, given: Mapping[str, Any], group: str, key: str) -> int | None:
        if given.get(key) is None:
            return None
        try:
            minor = parse_amount(given[key], self.currency)
            if minor < 0:
                self.wrong(f"/{group}/{key}", "a limit is at least zero")
        except GatewayError as refusal:
            self.wrong(f"/{group}/{key}", refusal.detail)
            return None
        return minor
