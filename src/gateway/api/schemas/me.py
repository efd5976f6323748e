"""Shapes of what members see of their own, and of how they get in."""

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText
from gateway.api.schemas.common import Line, ReadModel, WriteModel, example

Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=30, pattern=r"^[^\x00]*$")]
Identity = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=40, pattern=r"^[^\x00]*$")]
Token = Annotated[str, StringConstraints(min_length=20, max_length=100, pattern=r"^[\x21-\x7e]+$")]
LOGIN = {"mutual": "amparo", "phone": "809-555-0117", "identity": "001-1234567-8"}
TOKENS = {
    "access_token": "gm_1_2fX0c8bXzq7l4nK3rV6sT9uW1yA5dE8gH0jM2pQ4xZc",
    "refresh_token": "gr_1_8gH0jM2pQ4xZc2fX0c8bXzq7l4nK3rV6sT9uW1yA5dE",
    "access_expires_at": "2026-04-02T14:15:00Z",
}


class CodeAsk(WriteModel):
    """Who wants in."""

    model_config = {**WriteModel.model_config, **example(LOGIN)}

    mutual: Line
    """The mutual's code."""
    phone: Phone
    """The member's telephone, or that of a helper she allowed."""
    identity: Identity
    """The member's identity number."""


class CodeAsked(ReadModel):
    """The same for every number."""

    minutes: int
    """How long a code holds, if one was sent."""


class MemberLogin(CodeAsk):
    """A code that came by message."""

    model_config = {**WriteModel.model_config, **example({**LOGIN, "code": "402913"})}

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class TokenRenew(WriteModel):
    """The refresh token."""

    model_config = {**WriteModel.model_config, **example({"refresh_token": TOKENS["refresh_token"]})}

    refresh_token: Token


class TokensRead(ReadModel):
    """A pair of tokens; the refresh token renews once."""

    access_token: str
    refresh_token: str
    access_expires_at: dt.datetime


class HelperCreate(WriteModel):
    """Somebody who may look."""

    model_config = {**WriteModel.model_config, **example({"name": "Luz, my daughter", "phone": "809-555-0199"})}

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
    phone: Phone


class HelperRead(ReadModel):
    """A helper; of the telephone only the last figures."""

    id: int
    name: str
    phone: str
    created_at: dt.datetime


class HelpersRead(ReadModel):
    """Everybody who may look."""

    items: list[HelperRead]


class MeRead(ReadModel):
    """Who I am, numbers masked."""

    number: str
    given_names: str
    first_surname: str
    second_surname: str
    identity_kind: str | None
    identity: str | None
    phone: str | None
    language: str
    status: str
    mutual: str
    is_helper: bool
    """A helper is looking in the member's name."""


class FamilyRead(ReadModel):
    """One person of my family."""

    id: int
    given_names: str
    first_surname: str
    relation: str
    category: str
    """direct, or additional: one that costs something more."""
    identity: str | None
    valid_from: dt.date
    valid_to: dt.date | None
    """First day without cover."""
    standing: str
    """covered, waiting, not_covered: this month, with the member's own."""


class CoverageRead(ReadModel):
    """One month of mine."""

    month: str
    standing: str
    """covered, waiting, not_covered."""
    reason: str
    """Stable code."""
    words: str
    """The reason in plain words, in the language asked for."""
    state_code: str | None
    """The state's code, where it refused."""


class DueRead(ReadModel):
    """What the next filing needs of me; every field null where nothing is asked."""

    month: str | None
    cost_amount: AmountText | None
    paid_amount: AmountText | None
    """What is there for it."""
    missing_amount: AmountText | None
    currency: str
    until: dt.date | None
    reference: str | None
    """To be written on a payment."""
    is_estimate: bool
    """The month is not worked out yet; this is what the last one cost."""


class MyReceiptRead(ReadModel):
    """My part of a receipt."""

    id: int
    number: str
    paid_on: dt.date
    recorded_at: dt.datetime
    channel: str
    amount: AmountText
    currency: str
    reversed_on: dt.date | None
    """The day it was taken back."""


class MyFilingRead(ReadModel):
    """My line in a filing, and the state's answer."""

    filing_id: int
    month: str
    kind: str
    line_no: int
    filing_status: str
    reception_reference: str | None
    """The state's own number for the filing."""
    status: str
    """waiting, accepted, changed, rejected."""
    state_code: str | None
    state_text: str | None
    answered_at: dt.datetime | None
    total_amount: AmountText
    own_amount: AmountText
    """Of it, my own money."""
    helped_amount: AmountText
    """Of it, my fund's or the mutual's reserve."""
    currency: str


class MyBenefitRead(ReadModel):
    """A benefit that the state grants me."""

    id: int
    kind: str
    month: str | None
    instalment: int | None
    instalment_count: int | None
    amount: AmountText
    currency: str
    is_allotted: bool
    """The money has come and is mine."""
    advised_at: dt.datetime


class MyPayoutRead(ReadModel):
    """Money on its way to me."""

    id: int
    amount: AmountText
    currency: str
    status: str
    """ordered, cancelled, paid, failed, returned."""
    destination: str
    """Its last figures."""
    settled_on: dt.date | None


class MyNoticeRead(ReadModel):
    """What I was told."""

    id: int
    kind: str
    language: str
    text: str
    status: str
    created_at: dt.datetime


class SummaryRead(ReadModel):
    """How I stand, in one short message."""

    text: Annotated[str, Field(max_length=160)]
    as_of: dt.date
    owed_amount: AmountText
    held_amount: AmountText
    currency: str
