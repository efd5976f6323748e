"""FHIR R4 resources of a person's cover, as plain JSON. Only what is known is written; nothing is guessed.

Source: HL7 FHIR R4 (4.0.1), Coverage, CoverageEligibilityRequest, CoverageEligibilityResponse, CapabilityStatement.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from gateway.kit.period import Period, PeriodError
from gateway.membership.states import IdentityKind
from gateway.statelink.errors import FhirUnreadableError
from gateway.statelink.look import Look
from gateway.statelink.states import Standing

MEDIA_TYPE = "application/fhir+json"
Json = dict[str, Any]
COVERAGE_STATUS = {
    Standing.PAID: "active",
    Standing.ACCEPTED: "active",
    Standing.WAITING: "draft",
    Standing.REJECTED: "cancelled",
    Standing.NOT_DECLARED: "cancelled",
}
IN_FORCE = frozenset({Standing.PAID, Standing.ACCEPTED})
_SYSTEM = re.compile(r"urn:gateway:identity:([a-z_]+)")
_COVERAGE_ID = re.compile(r"([1-9][0-9]{0,17})-(\d{4})-(0[1-9]|1[0-2])")


def identity_system(kind: str) -> str:
    """Return the ``system`` of an identifier from one register."""
    return f"urn:gateway:identity:{kind}"


def kind_of(system: str) -> str:
    """Return the register that a ``system`` stands for.

    Raises:
        FhirUnreadableError: It is of none.
    """
    match = _SYSTEM.fullmatch(system)
    if match is None or match.group(1) not in {kind.value for kind in IdentityKind}:
        systems = ", ".join(identity_system(kind.value) for kind in IdentityKind)
        raise FhirUnreadableError(f"the identifier's system must be one of {systems}")
    return match.group(1)


def coverage_id(member_id: int, period: Period) -> str:
    """Return the id of a member's month of cover."""
    return f"{member_id}-{period}"


def parse_coverage_id(text: str) -> tuple[int, Period] | None:
    """Return the member and month that an id stands for, or None if it is none of ours."""
    match = _COVERAGE_ID.fullmatch(text)
    if match is None:
        return None
    try:
        return int(match.group(1)), Period(int(match.group(2)), int(match.group(3)))
    except PeriodError:
        return None


def coverage(look: Look, *, payor: str) -> Json:
    """Return the cover of a member in the last month that was looked at."""
    assert look.member is not None
    first = look.last.start
    return {
        "resourceType": "Coverage",
        "id": coverage_id(look.member.id, look.last),
        "status": COVERAGE_STATUS[look.standing],
        "beneficiary": {
            "type": "Patient",
            "identifier": {"system": "urn:gateway:member", "value": look.member.number},
        },
        "period": {"start": first.isoformat(), "end": _last_day(first).isoformat()},
        "payor": [{"type": "Organization", "display": payor}],
        "class": [
            {
                "type": {
                    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/coverage-class", "code": "group"}]
                },
                "value": one.row.payroll,
            }
            for one in look.months
            if one.row.period_start == first
        ],
    }


def bundle(resources: list[Json], base: str) -> Json:
    """Return the answer to a search."""
    entries = [
        {
            "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
            "resource": _without_empty(one),
            "search": {"mode": "match"},
        }
        for one in resources
    ]
    return _without_empty({"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries})


def read_request(resource: Mapping[str, Any]) -> tuple[str, str, dt.date | None]:
    """Return register, number and day that a CoverageEligibilityRequest asks about.

    Raises:
        FhirUnreadableError: It does not name the patient by identifier, or its day cannot be read.
    """
    if resource.get("resourceType") != "CoverageEligibilityRequest":
        raise FhirUnreadableError("resourceType must be CoverageEligibilityRequest")
    patient = resource.get("patient")
    identifier = patient.get("identifier") if isinstance(patient, Mapping) else None
    system = identifier.get("system") if isinstance(identifier, Mapping) else None
    value = identifier.get("value") if isinstance(identifier, Mapping) else None
    if not isinstance(system, str) or not isinstance(value, str) or not 0 < len(value) <= 100 or "\0" in value:
        raise FhirUnreadableError("patient.identifier must have a system and a value")
    on = resource.get("servicedDate")
    if on is None:
        return kind_of(system), value, None
    try:
        return kind_of(system), value, dt.date.fromisoformat(str(on))
    except ValueError:
        raise FhirUnreadableError("servicedDate must be a day, YYYY-MM-DD") from None


def eligibility(
    look: Look, *, request_id: str, day: dt.date, payor: str, now: dt.datetime, asked: Mapping[str, Any]
) -> Json:
    """Return the answer to a CoverageEligibilityRequest for the month of a day."""
    created = now.isoformat(timespec="seconds")
    answer: Json = {
        "resourceType": "CoverageEligibilityResponse",
        "id": request_id,
        "status": "active",
        "purpose": ["validation"],
        "patient": {"type": "Patient", "identifier": asked["patient"]["identifier"]},
        "servicedDate": day.isoformat(),
        "created": created,
        "request": {"type": "CoverageEligibilityRequest", "identifier": {"value": request_id}},
        "outcome": "complete",
        "insurer": {"type": "Organization", "display": payor},
    }
    if look.member is None:
        return {**answer, "disposition": "Nobody is known by this identifier."}
    insurance = {
        "coverage": {"type": "Coverage", "reference": f"Coverage/{coverage_id(look.member.id, look.last)}"},
        "inforce": look.standing in IN_FORCE,
        "benefitPeriod": {"start": look.last.start.isoformat(), "end": _last_day(look.last.start).isoformat()},
    }
    return {**answer, "disposition": f"The month {look.last} is {look.standing.value}.", "insurance": [insurance]}


def eligibility_request(
    asked: Mapping[str, Any], *, request_id: str, day: dt.date, payor: str, now: dt.datetime
) -> Json:
    """Return a request in the form it was understood in."""
    return {
        "resourceType": "CoverageEligibilityRequest",
        "id": request_id,
        "status": "active",
        "purpose": ["validation"],
        "patient": {"type": "Patient", "identifier": asked["patient"]["identifier"]},
        "servicedDate": day.isoformat(),
        "created": now.isoformat(timespec="seconds"),
        "insurer": {"type": "Organization", "display": payor},
    }


def capabilities(*, version: str, url: str, date: str) -> Json:
    """Return what this server does: reads and searches of cover, and the question whether somebody is covered."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Mutual gateway", "version": version},
        "implementation": {"description": "Cover of a mutual's members, read only", "url": url},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "documentation": "Say what a look is for in the header Purpose-Of-Use.",
                "security": {
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "OAuth",
                                }
                            ]
                        }
                    ]
                },
                "resource": [
                    {
                        "type": "Coverage",
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": [
                            {"name": "beneficiary:identifier", "type": "token", "documentation": "By POST to _search."},
                            {"name": "period", "type": "date", "documentation": "A month, YYYY-MM."},
                        ],
                    },
                    {
                        "type": "CoverageEligibilityRequest",
                        "interaction": [{"code": "create"}],
                        "documentation": "Answered at once with a CoverageEligibilityResponse; nothing is stored.",
                    },
                    {"type": "CoverageEligibilityResponse", "documentation": "The answer to a request."},
                ],
            }
        ],
    }


def outcome(*, code: str, text: str, status: int) -> Json:
    """Return why a request was refused."""
    kinds = {401: "login", 403: "forbidden", 404: "not-found", 409: "conflict", 422: "invalid", 429: "throttled"}
    kind = kinds.get(status, "invalid" if status < 500 else "exception")
    issue = {"severity": "error", "code": kind, "details": {"text": code}, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _last_day(first: dt.date) -> dt.date:
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def _without_empty(value: Json) -> Json:
    """FHIR allows no empty lists."""
    return {name: one for name, one in value.items() if one not in ([], {}, None)}
