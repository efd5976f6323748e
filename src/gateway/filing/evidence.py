"""The whole trace of one filed line, from the receipts that paid for it to the booking of the state's bill.

One structure of plain JSON values, amounts as decimal strings in the filing's currency, for members, auditors and the
state. Each piece can be checked by itself: the file's line against the file's digest, the canonical line against the
Merkle root, the state's answer against the digest of the page it stands on.
"""

import datetime as dt
import json
from typing import Any

from sqlmodel import Session

from gateway.filing import queries
from gateway.filing.errors import LineUnknownError, NotReadyError
from gateway.filing.models import Bill, Filing, FilingDocument, FilingPayment
from gateway.filing.sql import seal as seal_sql
from gateway.filing.sql import trace as sql
from gateway.filing.uses import shares_of
from gateway.kit import bulk, db
from gateway.kit import evidence as kept
from gateway.kit.merkle import Tree, leaf_hash
from gateway.kit.money import currency_of, format_amount
from gateway.kit.period import Period
from gateway.membership.queries import get_payroll

Plain = dict[str, Any]


def trace(session: Session, filing_id: int, line_no: int) -> Plain:
    """Return everything that is known of one filed line.

    Raises:
        FilingUnknownError: No such filing.
        LineUnknownError: The filing has no such line.
        NotReadyError: The filing is a draft; nothing of it is evidence yet.
    """
    filing = queries.get_filing(session, filing_id)
    if filing.sealed_at is None:
        raise NotReadyError(f"filing {filing_id} is {filing.status}; its lines are evidence once it is sealed")
    line = db.first(session, sql.LINE, {"filing_id": filing_id, "line_no": line_no})
    if line is None:
        raise LineUnknownError(f"filing {filing_id} has no line {line_no}; it has 1 to {filing.line_count}")
    tracer = _Tracer(session, filing, line)
    return {
        "filing": tracer.filing_itself(),
        "line": tracer.line_itself(),
        "funding": tracer.funding(),
        "assessment": tracer.assessment(),
        "sealed": tracer.sealed(),
        "dependants": [_plain(row._asdict()) for row in tracer.dependants()],
        "movements": [_plain(row._asdict()) for row in tracer.movements()],
        "submissions": [_plain(row._asdict()) for row in queries.list_attempts(session, filing_id)],
        "answer": tracer.answer(),
        "bills": tracer.bills(),
        "bookings": tracer.bookings(),
        "same_month": tracer.same_month(),
    }


class _Tracer:
    """Gathers the parts of one trace."""

    def __init__(self, session: Session, filing: Filing, line: Any) -> None:
        self.session, self.filing, self.line = session, filing, line
        self.currency = currency_of(filing.currency)
        self.document = next(
            document
            for document in queries.list_documents(session, filing.id)
            if document.holds == "workers" and 0 <= line.line_no - document.first_line_no < document.line_count
        )
        self.file_line = line.line_no - self.document.first_line_no + 1 + self.document.head_lines

    def money(self, minor: int | None) -> str | None:
        """Return an amount as a decimal string."""
        return None if minor is None else format_amount(minor, self.currency)

    def filing_itself(self) -> Plain:
        """Which filing the line is in."""
        filing, payroll = self.filing, get_payroll(self.session, self.filing.payroll_id)
        names = ("id", "reference", "kind", "sequence", "status", "policy_id", "prepared_by", "sealed_by", "sealed_at")
        return {
            **_plain({name: getattr(filing, name) for name in names}),
            "period": str(Period.of(filing.period_start)),
            "currency": filing.currency,
            "payroll": payroll.code,
            "employer": payroll.employer_number,
        }

    def line_itself(self) -> Plain:
        """What was declared, and how the state answered."""
        line = self.line
        names = ("line_no", "member_id", "number", "document_kind", "document", "given_names", "first_surname",
                 "second_surname", "additional_dependants", "reason", "change_since_last", "status", "state_code",
                 "state_text", "answered_at")  # fmt: skip
        amounts = ("wage", "state", "fee", "total", "state_accepted")
        return {
            **_plain({name: getattr(line, name) for name in names}),
            **{name: self.money(getattr(line, f"{name}_minor")) for name in amounts},
        }

    def funding(self) -> Plain:
        """Whose money paid for the line; her own by the receipts it came in with, the oldest first.

        What was hers when the line was sealed counts; a receipt that was taken back since says when, and why.
        """
        line, values = self.line, {"member_id": self.line.member_id, "filing_id": self.filing.id}
        inflows = db.rows(self.session, sql.INFLOWS, {"member_id": line.member_id})
        earlier = int(db.scalar(self.session, sql.USED_EARLIER, values))
        assert self.filing.sealed_at is not None
        receipts = []
        for found, share in shares_of(inflows, self.filing.sealed_at, earlier, line.from_member_minor):
            row = found._asdict()
            received = self.money(row.pop("amount_minor"))
            receipts.append({**_plain(row), "received": received, "used": self.money(share.amount_minor)})
        return {
            "from_member": self.money(line.from_member_minor),
            "of_it_credit": self.money(line.credit_minor),
            "from_fund": self.money(line.from_fund_minor),
            "from_reserve": self.money(line.from_reserve_minor),
            "from_employer": self.money(line.from_employer_minor),
            "fund_id": line.fund_id,
            "receipts": receipts,
        }

    def assessment(self) -> Plain:
        """What the month costs, by component, with each rate and its source."""
        line = self.line
        names = ("code", "insurance", "share", "rate", "source", "valid_from", "read_on", "mark", "verified")
        return {
            "id": line.assessment_id,
            "version": line.version,
            "assessed_at": line.assessed_at.isoformat(),
            "schedule_id": line.schedule_id,
            "schedule_sha256": line.schedule_sha256,
            "components": [
                {**{name: component.get(name) for name in names}, "amount": self.money(minor)}
                for component, minor in zip(line.components, line.amounts_minor, strict=True)
            ],
        }

    def sealed(self) -> Plain:
        """The frozen bytes, and the proof that the line is under the filing's root."""
        document, index = self.document, self.line.line_no - 1
        tree, ours = Tree(prove=index), b""
        for rows in bulk.read_chunks(self.session, seal_sql.LEAVES, {"filing_id": self.filing.id}):
            if 0 <= index - tree.size < len(rows):
                ours = rows[index - tree.size][0]
            for (leaf,) in rows:
                tree.add(leaf)
        root = tree.root().hex()
        body = queries.read_file_line(self.session, document.id, self.file_line)
        return {
            "document": _document(document),
            "file_line": self.file_line,
            "file_line_hex": body.hex(),
            "file_line_text": body.decode("latin-1").rstrip("\r\n"),
            "canonical": ours.decode(),
            "leaf_hash": leaf_hash(ours).hex(),
            "merkle_index": index,
            "merkle_size": tree.size,
            "merkle_root": self.filing.merkle_root,
            "merkle_root_recomputed": root,
            "inclusion_proof": [step.hex() for step in tree.proof],
        }

    def dependants(self) -> list[Any]:
        """What the filing told the state of her additional dependants."""
        values = {"filing_id": self.filing.id, "member_id": self.line.member_id}
        return db.rows(self.session, sql.DEPENDANTS_OF_LINE, values)

    def movements(self) -> list[Any]:
        """What the filing told the state of her comings and goings, and what waits."""
        return db.rows(
            self.session, sql.MOVEMENTS_OF_LINE, {"filing_id": self.filing.id, "member_id": self.line.member_id}
        )

    def answer(self) -> Plain | None:
        """The state's answer for the line, as it came."""
        values = {"document_id": self.document.id, "file_line": self.file_line}
        row = db.first(self.session, sql.ANSWER_OF_LINE, values)
        if row is None:
            return None
        page = kept.read(self.session, row.page_evidence_id or row.standing_evidence_id)
        return {
            "code": row.code,
            "received_at": row.received_at.isoformat(),
            "page_no": row.page_no,
            "evidence_id": row.page_evidence_id or row.standing_evidence_id,
            "evidence_sha256": page.sha256,
            "raw": _line_in(page.body, self.file_line),
        }

    def bills(self) -> list[Plain]:
        """The bills that cover the filing, and how they were paid."""
        rows = db.rows(self.session, sql.BILLS_OF_FILING, {"filing_id": self.filing.id})
        return [self._bill(queries.get_bill(self.session, row.id)) for row in rows]

    def bookings(self) -> list[Plain]:
        """What the books hold about the filing as a whole."""
        values = {"prefix": f"filing:{self.filing.reference}:%"}
        return [_plain(row._asdict()) for row in db.rows(self.session, sql.BOOKINGS, values)]

    def same_month(self) -> list[Plain]:
        """The member's other lines of the month in the payroll: what a rejected one became, what this one mends."""
        filing = self.filing
        values = {
            "filing_id": filing.id,
            "payroll_id": filing.payroll_id,
            "start": filing.period_start,
            "member_id": self.line.member_id,
        }
        return [_plain(row._asdict()) for row in db.rows(self.session, sql.SAME_MONTH, values)]

    def _bill(self, bill: Bill) -> Plain:
        names = ("id", "notice_reference", "version", "status", "issued_on", "due_on", "evidence_id", "ledger_tx_id")
        payments = queries.bill_parts(self.session, bill.id)["payments"]
        return {
            **_plain({name: getattr(bill, name) for name in names}),
            "total": self.money(bill.total_minor),
            "ours": self.money(bill.ours_minor),
            "payments": [self._payment(payment) for payment in payments],
        }

    def _payment(self, payment: FilingPayment) -> Plain:
        names = (
            "id", "end_to_end_id", "message_id", "account_code", "ordered_by", "ordered_at", "released_by", "released_at",
            "withdrawn_at", "order_sha256", "booked_on", "statement_line_id", "ledger_tx_id", "confirmed_at",
            "confirmation_evidence_id", "returned_on", "return_reason", "return_tx_id",
        )  # fmt: skip
        return {**_plain({name: getattr(payment, name) for name in names}), "amount": self.money(payment.amount_minor)}


def _document(document: FilingDocument) -> Plain:
    names = ("id", "reference", "kind", "part", "part_count", "file_name", "sha256", "byte_count", "status",
             "reception_reference", "answer_code", "answered_at")  # fmt: skip
    return _plain({name: getattr(document, name) for name in names})


def _line_in(body: bytes, file_line: int) -> Any:
    """Return a line's answer out of a page; the page as a text where it is no list of lines.

    Where the page says once what is the same of many lines, that is said of this one, with its number and its document.
    """
    try:
        page = json.loads(body)
        groups = page.get("grouped")
        if groups is None:
            return next((line for line in page["lines"] if line.get("line") == file_line), page)
        if file_line not in groups["line"]:
            return page
        place = groups["line"].index(file_line)
        return {**groups["said"][groups["of"][place]], "line": file_line, "document": groups["document"][place]}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return body.decode("utf-8", errors="replace")


def _plain(values: Plain) -> Plain:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
