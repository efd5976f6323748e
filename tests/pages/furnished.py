"""One of everything that a page may show, made by the office's own forms: what a walk over all addresses looks at."""

from typing import Any, NamedTuple

from tests.filing.filing_town import tell_state_account, with_check_digit
from tests.pages.browsing import Office
from tests.pages.walking import Walker, take_on

from gateway.filing.answer_later import ANSWER
from gateway.kit import db
from gateway.kit.long_file import LongFile, keep_for_later
from gateway.payouts.report_later import REPORT
from gateway.reconciliation.load_later import STATEMENT
from gateway.staff.models import Role
from gateway.treasury.settle_later import SETTLEMENT

EVERYTHING = "toda"
"""Somebody with every role, whom no role's limits hide anything from."""
ABSENT = {"/payouts/{batch_id:int}/file": 409, "/payment-orders/{payment_id:int}/file": 409}
"""What even a furnished town does not have: the bank's file of a batch that goes by telephone, and of a bill not released."""
MEMBERS = (
    "Nombres;Primer Apellido;Sexo;Fecha de nacimiento;Cédula;Nómina;Fecha de ingreso;Salario declarado\n"
    f"Nieves;Abreu;F;1990-02-02;{with_check_digit(9001)};001;2026-03-01;21000\n"
    f"Mal;Escrito;F;2090-02-02;{with_check_digit(9002)};001;2026-03-01;21000\n"
).encode()
PAYMENTS = b"afiliado;monto;fecha\nM0000003;350.00;01/04/2026\nM0000003;mucho;01/04/2026\n"
CLIENT = {
    "name": "Tesorería",
    "jwks": '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
}
RATE = {
    "name": "ceilings.health", "value": "245000.00", "valid_from": "2027-02-01", "source": "Resolución CNSS 600-01",
    "read_on": "2026-04-01", "mark": "1", "reason": "salario mínimo nuevo",
}  # fmt: skip
ACTS: tuple[tuple[str, str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("carla", "/cash/open", "", {"till": "cash:oficina", "float": "0.00"}, {}),
    ("carla", "/cash/counter/2", "", {"amount": "300.00"}, {}),
    ("carla", "/cash/sessions/1/count", "", {"piece-10000": "3"}, {}),
    ("abel", "/cash/deposits", "", {"session": "1"}, {}),
    (EVERYTHING, "/cash/open", "", {"till": "cash:oficina", "float": "0.00"}, {}),
    (EVERYTHING, "/cash/counter/2", "", {"amount": "500.00"}, {}),
    (EVERYTHING, "/cash/rounds", "", {"collector": "rosa", "till": "cash:ruta-1", "numbers": "20"}, {}),
    (EVERYTHING, "/cash/handovers", "", {"to": "rosa", "amount": "200.00"}, {}),
    (EVERYTHING, "/cash/imports", "", {}, {"file": ("pagos.csv", PAYMENTS, "text/csv")}),
    (EVERYTHING, "/members/imports", "", {}, {"file": ("socios.csv", MEMBERS, "text/csv")}),
    ("bruno", "/benefits/new", "", {"number": "M0000003", "starts_on": "2026-04-01"}, {}),
    ("abel", "/bills/1/payment", "", {}, {}),
    ("mara", "/administration/rates/new", "", RATE, {}),
    ("mara", "/administration/webhooks/new", "", {"url": "https://eventos.example.org/hook", "description": "Contabilidad", "event-filing-answered": "1"}, {}),
    ("mara", "/administration/webhooks/1", "/administration/webhooks/1/test", {}, {}),
    ("mara", "/administration/state-clients/new", "", {**CLIENT, "scope-read_coverage": "1"}, {}),
)  # fmt: skip
"""Who, on which page, by which of its forms, with what typed, with which files."""


LONG_FILES: tuple[tuple[str, LongFile, dict[str, Any]], ...] = (
    ("file_id", STATEMENT, {"mapping_id": None, "typed": None}),
    ("answer_file_id", ANSWER, {"filing_id": 1, "document_id": None, "unlisted_accepted": False}),
    ("report_file_id", REPORT, {}),
    ("settlement_file_id", SETTLEMENT, {"provider": "momo:orange", "bank_code": "bank:reservas"}),
)
"""What an address calls it, what kind of file waits for a worker, with what typed."""


class Sent(NamedTuple):
    """A form that was sent, and where its act led."""

    walker: Walker
    where: str
    fields: dict[str, Any]
    files: dict[str, Any]
    led_to: str | None


def furnish(place: Office) -> list[Sent]:
    """Do every act, with somebody there who may everything; return every form that was sent."""
    take_on(place, EVERYTHING, list(Role))
    tell_state_account(place.database)
    walkers = {name: Walker(place, name) for name in {act[0] for act in ACTS}}
    sent = []
    for who, path, action, typed, files in ACTS:
        where, fields = walkers[who].begin(path, action, **typed)
        answer, fields = walkers[who].send(where, fields, files=files or None)
        assert answer.status_code in {200, 303}, f"{where}: {answer.status_code} {answer.text[-3000:]}"
        assert 'id="faults"' not in answer.text, f"{where}: {answer.text[-3000:]}"
        sent.append(Sent(walkers[who], where, fields, files, answer.headers.get("location")))
    with place.database.session(1) as session:
        place.town.named["reference"] = db.scalar(session, "SELECT reference FROM own_transfer")
        for number, (name, kind, options) in enumerate(LONG_FILES):
            kept = keep_for_later(
                session, kind, b"%d" % number, file_name="grande.xml", actor="staff:abel", options=options
            )
            place.town.named[name] = str(kept)
        place.town.named["client_id"] = db.scalar(session, "SELECT client_id FROM state_client")
    return sent
