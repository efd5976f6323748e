"""Members, their identities, families, funds, payrolls and declared wages, with history."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from gateway.kit.columns import (
    TenantTable,
    big,
    check,
    instant,
    json_column,
    one_of,
    refers,
    unique,
    whole,
    words,
)
from gateway.membership.states import DependantCategory, IdentityKind, ImportKind, ImportState, LeaveKind, MemberStatus


class Fund(TenantTable, table=True):
    """A self-managed group of members with money of its own."""

    __tablename__ = "fund"
    __table_args__ = (unique("code"),)
    code: str = words()
    name: str = words()
    treasurer: str | None = words(nullable=True)
    created_at: dt.datetime = instant(now=True)


class Employer(TenantTable, table=True):
    """A small employer whose workers the mutual files for, under his own number, with his own money and bill.

    The mutual itself is an employer without a row here.
    """

    __tablename__ = "employer"
    __table_args__ = (unique("number"), unique("account_code"))
    number: str = words()
    """The state's number of him, bare: an RNC or a cédula in the Dominican Republic."""
    name: str = words()
    account_code: str | None = words(nullable=True)
    """Ledger account of a bank account that is his alone: his bills are paid from it and no other is."""
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    actor: str = words()
    created_at: dt.datetime = instant(now=True)


class Payroll(TenantTable, table=True):
    """The state's key under which members are declared (clave de nómina)."""

    __tablename__ = "payroll"
    __table_args__ = (unique("employer_number", "code"),)
    code: str = words()
    """Three digits in the Dominican Republic."""
    name: str = words()
    employer_number: str = words()
    """The employer it is filed for: the mutual itself, or a small employer it helps (``employer.number``)."""
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    created_at: dt.datetime = instant(now=True)


class Member(TenantTable, table=True):
    """An insured person who pays through the mutual."""

    __tablename__ = "member"
    __table_args__ = (
        unique("number"),
        one_of("status", MemberStatus),
        check("sex IN ('M', 'F')", "sex"),
        refers("fund_id", "fund"),
        Index(None, "mutual_id", "search_name"),
        Index(None, "mutual_id", "phone"),
        Index(None, "mutual_id", "fund_id"),
    )
    number: str = words()
    """The mutual's own number, printed on the card; never reused."""
    given_names: str = words()
    first_surname: str = words()
    second_surname: str = words(server="''")
    sex: str = words()
    birth_date: dt.date
    phone: str | None = words(nullable=True)
    """E.164."""
    occupation: str = words(server="''")
    municipality: str = words(server="''")
    language: str = words(server="'es'")
    fund_id: int | None = big(nullable=True)
    status: str = words(server="'active'")
    status_reason: str | None = words(nullable=True)
    search_name: str = words()
    """Lower case, no accents, for finding people."""
    version: int = whole(server="1")
    """Counts changes; the ETag."""
    created_at: dt.datetime = instant(now=True)


class MemberIdentity(TenantTable, table=True):
    """A number under which a register knows a member; one of each kind."""

    __tablename__ = "member_identity"
    __table_args__ = (
        refers("member_id", "member"),
        unique("kind", "value"),
        unique("member_id", "kind"),
        one_of("kind", IdentityKind),
        Index(
            "uq_member_identity_primary",
            "mutual_id",
            "member_id",
            unique=True,
            postgresql_where=text("is_primary"),
            postgresql_include=["kind", "value"],
        ),
        Index(None, "mutual_id", "value"),
    )
    member_id: int = big()
    kind: str = words()
    value: str = words()
    """Bare: no dashes or spaces, upper case."""
    is_primary: bool = Field(sa_column_kwargs={"server_default": text("false")})
    """The one she is filed under."""
    warning: str | None = words(nullable=True)
    """Code of ``rules.WARNINGS``: why it looks wrong though it is accepted."""
    created_at: dt.datetime = instant(now=True)


class MemberWage(TenantTable, table=True):
    """A declared monthly wage from a day on. Insert only: the newest record for a day counts."""

    __tablename__ = "member_wage"
    __table_args__ = (
        refers("member_id", "member"),
        check("wage_minor >= 0", "wage"),
        Index(None, "mutual_id", "member_id", "valid_from", "id", postgresql_include=["wage_minor"]),
    )
    member_id: int = big()
    valid_from: dt.date
    wage_minor: int = big()
    currency: str = words()
    reason: str = words()
    recorded_at: dt.datetime = instant(now=True)
    actor: str = words()


class PayrollWage(TenantTable, table=True):
    """What a member earns in one payroll, where she stands in several. Insert only: the newest record for a day counts.

    Without one her declared wage counts in whichever payroll she is declared; with one she is declared there besides.
    """

    __tablename__ = "payroll_wage"
    __table_args__ = (
        refers("member_id", "member"),
        refers("payroll_id", "payroll"),
        check("wage_minor > 0", "wage"),
        Index(None, "mutual_id", "member_id", "payroll_id", "valid_from", "id"),
    )
    member_id: int = big()
    payroll_id: int = big()
    valid_from: dt.date
    wage_minor: int = big()
    currency: str = words()
    reason: str = words()
    recorded_at: dt.datetime = instant(now=True)
    actor: str = words()


class Enrolment(TenantTable, table=True):
    """A member's place in a payroll, from a day up to, not including, another; days that overlap are refused by a guard."""

    __tablename__ = "enrolment"
    __table_args__ = (
        refers("member_id", "member"),
        refers("payroll_id", "payroll"),
        check("valid_to IS NULL OR valid_to > valid_from", "days"),
        Index(
            "uq_enrolment_open",
            "mutual_id",
            "member_id",
            "payroll_id",
            unique=True,
            postgresql_where=text("valid_to IS NULL"),
        ),
        Index(None, "mutual_id", "payroll_id", "valid_from"),
        Index(None, "mutual_id", "member_id"),
    )
    member_id: int = big()
    payroll_id: int = big()
    valid_from: dt.date
    valid_to: dt.date | None = None
    start_reason: str = words()
    end_reason: str | None = words(nullable=True)
    recorded_at: dt.datetime = instant(now=True)
    actor: str = words()
    ended_at: dt.datetime | None = instant(nullable=True)
    """When ``valid_to`` was written."""
    ended_by: str | None = words(nullable=True)


class Leave(TenantTable, table=True):
    """A time without work (holiday, voluntary, maternity, disability), inside an enrolment."""

    __tablename__ = "leave"
    __table_args__ = (
        refers("member_id", "member"),
        one_of("kind", LeaveKind),
        check("valid_to IS NULL OR valid_to >= valid_from", "days"),
        ExcludeConstraint(
            ("mutual_id", "="),
            ("member_id", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_leave_overlap",
            using="gist",
        ),
        Index(None, "mutual_id", "member_id"),
    )
    member_id: int = big()
    kind: str = words()
    valid_from: dt.date
    valid_to: dt.date | None = None
    reason: str = words()
    recorded_at: dt.datetime = instant(now=True)
    actor: str = words()


class Dependant(TenantTable, table=True):
    """A person covered through a member, and the rule that makes her eligible; a guard refuses two covers of one identity."""

    __tablename__ = "dependant"
    __table_args__ = (
        refers("member_id", "member"),
        one_of("category", DependantCategory),
        check("valid_to IS NULL OR valid_to >= valid_from", "days"),
        Index(None, "mutual_id", "member_id"),
        Index(None, "mutual_id", "identity_value", "identity_kind"),
        Index(None, "mutual_id", "birth_date", "search_name"),
    )
    member_id: int = big()
    category: str = words()
    relation: str = words()
    """spouse, partner, child, stepchild, parent, parent_in_law, sibling, grandparent, …"""
    given_names: str = words()
    first_surname: str = words()
    second_surname: str = words(server="''")
    sex: str | None = words(nullable=True)
    birth_date: dt.date | None = None
    identity_kind: str | None = words(nullable=True)
    identity_value: str | None = words(nullable=True)
    together_since: dt.date | None = None
    """Since when a partner has lived with the member."""
    has_common_children: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    is_student: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    is_disabled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    rule: str = words()
    """Code of the rule of ``membership.family`` that makes her eligible."""
    eligible_until: dt.date | None = None
    """Last day under that rule, where it ends by itself (a child's birthday)."""
    search_name: str = words()
    valid_from: dt.date
    valid_to: dt.date | None = None
    """First day without cover; the day after ``eligible_until`` unless the cover ends earlier."""
    end_reason: str | None = words(nullable=True)
    recorded_at: dt.datetime = instant(now=True)
    actor: str = words()
    ended_at: dt.datetime | None = instant(nullable=True)
    ended_by: str | None = words(nullable=True)


class MemberChange(TenantTable, table=True):
    """What a member's row was before a change. Insert only."""

    __tablename__ = "member_change"
    __table_args__ = (refers("member_id", "member"), Index(None, "mutual_id", "member_id"))
    member_id: int = big()
    version: int = whole()
    """The version that was replaced."""
    before: dict[str, Any] = json_column()
    changed_at: dt.datetime = instant(now=True)
    actor: str = words()
    reason: str | None = words(nullable=True)


class MemberNote(TenantTable, table=True):
    """What somebody of the office wants the next one to know of a member. Insert only."""

    __tablename__ = "member_note"
    __table_args__ = (refers("member_id", "member"), Index(None, "mutual_id", "member_id", "id"))
    member_id: int = big()
    text: str = words()
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)


class MemberImport(TenantTable, table=True):
    """An uploaded file of members or dependants: previewed, then applied."""

    __tablename__ = "member_import"
    __table_args__ = (
        one_of("state", ImportState),
        one_of("kind", ImportKind),
        Index(None, "mutual_id", "kind", "sha256"),
    )
    kind: str = words()
    file_name: str = words()
    sha256: str = words()
    evidence_id: int = big()
    """The file as it came, to be read again when it is applied."""
    repeats_id: int | None = big(nullable=True)
    """An earlier import that applied the same bytes: only what it refused is looked at again."""
    state: str = words(server="'uploaded'")
    row_count: int = whole()
    create_count: int = whole()
    change_count: int = whole()
    same_count: int = whole()
    refused_count: int = whole()
    dialect: dict[str, Any] = json_column()
    """Encoding, separator and sheet."""
    created_at: dt.datetime = instant(now=True)
    created_by: str = words()
    applied_at: dt.datetime | None = instant(nullable=True)
    applied_by: str | None = words(nullable=True)


class MemberImportRow(TenantTable, table=True):
    """One row of an uploaded file that creates, changes or is refused; rows that change nothing are only counted."""

    __tablename__ = "member_import_row"
    __table_args__ = (
        refers("import_id", "member_import"),
        unique("import_id", "row_no"),
        check("action IN ('create', 'change', 'same', 'refuse')", "action"),
    )
    import_id: int = big()
    row_no: int = whole()
    """Line of the file on which it begins; the first line is 1."""
    action: str = words()
    """create, change or refuse; same, where the preview said otherwise and the register has changed since."""
    fields: dict[str, Any] = json_column()
    """By field: what is new, and what it replaces."""
    problems: list[Any] = json_column(server="'[]'::jsonb")
    """Column, code and sentence for each problem."""
    member_id: int | None = big(nullable=True)
