"""What the state rejected, mended where it stands, and into the supplementary filing."""

from typing import Any

from fastapi.responses import Response

from gateway.authority.connect import state_format
from gateway.authority.country import find_country
from gateway.backoffice.areas.filings.place import FILES, area, crumbs, name_of
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.filing import queries
from gateway.filing.errors import LineUnknownError
from gateway.membership.change import change
from gateway.membership.enrol import NewIdentity
from gateway.membership.identify import identify
from gateway.membership.queries import get_member

IDENTITIES = {
    "national_id": N_("National identity card"),
    "social_security": N_("Social security number"),
    "passport": N_("Passport"),
    "newborn": N_("Newborn's number"),
}
NAMES = ("given_names", "first_surname", "second_surname")


def _row(desk: Desk, filing_id: int, line_no: int) -> Any:
    rows = queries.list_lines(desk.session, filing_id, after=line_no - 1, limit=1)
    if not rows or rows[0].line_no != line_no:
        raise LineUnknownError(f"filing {filing_id} has no line {line_no}")
    return rows[0]


def _show(desk: Desk, form: Form, filing_id: int, line_no: int) -> Response:
    found, row = queries.get_filing(desk.session, filing_id), _row(desk, filing_id, line_no)
    member = get_member(desk.session, row.member_id)
    form.over({name: getattr(member, name) for name in NAMES}, version=member.version)
    if not form.is_typed:
        form.lists |= {"kind": [row.document_kind], "document": [row.document]}
    known = state_format(desk.mutual.country).explain(row.state_code or "0")
    country = find_country(desk.mutual.country)
    forms = country.identities if country is not None else ()
    kinds = [(one.kind, desk.words.say(IDENTITIES.get(one.kind, one.kind))) for one in forms]
    return desk.page(
        "filings/mend.html",
        crumbs=crumbs(
            desk,
            (name_of(desk, found), f"/filings/{filing_id}"),
            (str(line_no), f"/filings/{filing_id}/lines/{line_no}"),
            (N_("Mend it"), ""),
        ),
        form=form,
        found=found,
        row=row,
        kinds=kinds,
        code=row.state_code,
        meaning=known.meaning_in(desk.words.language),
        fix=known.fixes.get(desk.words.language, known.fix),
    )


@area.act(
    "/filings/{filing_id:int}/lines/{line_no:int}/mending",
    *FILES,
    show=_show,
    fields={"identity_invalid": "document", "identity_taken": "document"},
)
def mend(desk: Desk, form: Form, filing_id: int, line_no: int) -> Go:
    """Change the member's names and number in the register; the sealed line stays as it was sent."""
    row = _row(desk, filing_id, line_no)
    changes = {name: form.text(name, required=name != "second_surname", most=60) for name in NAMES}
    kind, document = form.text("kind", required=True), form.text("document", required=True, most=30)
    reason = form.text("reason") or f"rejected with {row.state_code}"
    form.check()
    change(
        desk.session,
        row.member_id,
        changes,
        expected_version=form.version,
        actor=desk.actor,
        today=desk.today,
        reason=reason,
    )
    if (kind, document) != (row.document_kind, row.document):
        identify(
            desk.session,
            row.member_id,
            NewIdentity(kind, document),
            replace=True,
            reason=reason,
            actor=desk.actor,
            today=desk.today,
        )
    following = queries.list_lines(desk.session, filing_id, status="rejected", after=line_no, limit=1)
    if following:
        said = N_("Mended. The line goes into the supplementary filing. This is the next rejected line.")
        return Go(f"/filings/{filing_id}/lines/{following[0].line_no}", said)
    return Go(f"/filings/{filing_id}", N_("Mended. The line goes into the supplementary filing."))
