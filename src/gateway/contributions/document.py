"""The receipt as a page to hand over: what was paid, for whom, and where anybody can verify it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import segno
from babel import localedata
from babel.dates import format_date
from babel.numbers import format_currency

from gateway.contributions.queries import ReceiptRow
from gateway.contributions.reference import in_groups, member_reference
from gateway.kit.latin import printable
from gateway.kit.money import currency_of, format_amount

if TYPE_CHECKING:
    from fpdf import FPDF

LANGUAGES = ("es", "en", "fr")
DEFAULT_LANGUAGE = "es"

WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "title": "Recibo de aportes",
        "number": "Número",
        "paid_on": "Fecha",
        "channel": "Medio",
        "collector": "Recibido por",
        "payer": "Pagado por",
        "payer_reference": "Referencia",
        "member": "Para",
        "suspense": "Por identificar",
        "total": "Total",
        "reversed": "ANULADO el {day}: {reason}",
        "pay_with": "Referencia para pagar",
        "verify": "Verifique este recibo:",
        "cash": "Efectivo",
        "collector_channel": "Cobrador",
        "mobile_money": "Dinero móvil",
        "bank": "Banco",
    },
    "en": {
        "title": "Contribution receipt",
        "number": "Number",
        "paid_on": "Paid on",
        "channel": "Means",
        "collector": "Received by",
        "payer": "Payer",
        "payer_reference": "Reference",
        "member": "For",
        "suspense": "To be identified",
        "total": "Total",
        "reversed": "REVERSED on {day}: {reason}",
        "pay_with": "Reference for paying",
        "verify": "Verify this receipt:",
        "cash": "Cash",
        "collector_channel": "Collector",
        "mobile_money": "Mobile money",
        "bank": "Bank",
    },
    "fr": {
        "title": "Reçu de cotisation",
        "number": "Numéro",
        "paid_on": "Payé le",
        "channel": "Moyen",
        "collector": "Reçu par",
        "payer": "Payeur",
        "payer_reference": "Référence",
        "member": "Pour",
        "suspense": "À identifier",
        "total": "Total",
        "reversed": "ANNULÉ le {day} : {reason}",
        "pay_with": "Référence pour payer",
        "verify": "Vérifiez ce reçu :",
        "cash": "Espèces",
        "collector_channel": "Collecteur",
        "mobile_money": "Argent mobile",
        "bank": "Banque",
    },
}

WIDTH, MARGIN, LINE = 105, 10, 6
QR_SIDE = 32


class Letterhead(NamedTuple):
    """Whose receipt it is, and in which country's manner figures and days are written."""

    mutual: str
    country: str
    language: str


def verification_address(base: str, number: str) -> str:
    """Return the public address where a receipt is verified."""
    return f"{base.rstrip('/')}/v1/receipt-verifications/{number}"


def receipt_document(
    receipt: ReceiptRow, names: Mapping[int, tuple[str, str]], head: Letterhead, address: str
) -> bytes:
    """Return the receipt as a PDF of one page width; the same receipt gives the same bytes.

    Args:
        receipt: As it stands now: a reversed one says so.
        names: Number and name of its members.
        head: Name of the mutual, country, language (Spanish where it is not one of ours).
        address: What the QR code holds.
    """
    language = head.language if head.language in WORDS else DEFAULT_LANGUAGE
    words, locale = WORDS[language], _locale(language, head.country)
    page = _page(receipt)
    _text(page, head.mutual, size=13, bold=True)
    _text(page, words["title"], size=11)
    if receipt.reversed_on is not None:
        day = _day(receipt.reversed_on, locale)
        page.set_text_color(180, 0, 0)
        _text(page, words["reversed"].format(day=day, reason=receipt.reversal_reason), size=10, bold=True)
        page.set_text_color(0)
    page.ln(2)
    channel = words["collector_channel" if receipt.channel == "collector" else receipt.channel]
    for label, value in (
        ("number", in_groups(receipt.number)),
        ("paid_on", _day(receipt.paid_on, locale)),
        ("channel", channel),
        ("collector", receipt.collector or receipt.actor.partition(":")[2]),
        ("payer", receipt.payer_name),
        ("payer_reference", receipt.payer_reference),
    ):
        if value:
            _pair(page, words[label], value)
    page.ln(2)
    _text(page, words["member"], size=9)
    for number, name, minor in _lines(receipt, names, words):
        _pair(page, f"{number} {name}".lstrip(), _money(minor, receipt.currency, locale), amount=True)
        if number:
            # With it the next payment finds its member by itself, whichever way it comes.
            _text(page, f"{words['pay_with']}: {in_groups(member_reference(number))}", size=8)
    _pair(page, words["total"], _money(receipt.amount_minor, receipt.currency, locale), amount=True, bold=True)
    _seal(page, words["verify"], address)
    return bytes(page.output())


def _page(receipt: ReceiptRow) -> "FPDF":
    # A library of its own size: who draws no page does not wait for it.
    from fpdf import FPDF

    height = 115 + LINE * (10 + 2 * len(receipt.lines))
    page = FPDF(orientation="portrait", unit="mm", format=(WIDTH, max(height, 148)))
    page.set_creation_date(receipt.recorded_at)
    page.set_title(receipt.number)
    page.set_auto_page_break(False)
    page.set_margins(MARGIN, MARGIN)
    page.add_page()
    return page


def _lines(
    receipt: ReceiptRow, names: Mapping[int, tuple[str, str]], words: Mapping[str, str]
) -> Sequence[tuple[str, str, int]]:
    unknown = ("", words["suspense"])
    return [(*names.get(line.member_id or 0, unknown), line.amount_minor) for line in receipt.lines]


def _seal(page: "FPDF", words: str, address: str) -> None:
    page.ln(4)
    _text(page, words, size=9)
    matrix = segno.make(address, error="m", micro=False).matrix
    side, top = QR_SIDE / len(matrix), page.get_y() + 1
    page.set_fill_color(0)
    for row, cells in enumerate(matrix):
        for column, cell in enumerate(cells):
            if cell:
                page.rect(MARGIN + column * side, top + row * side, side, side, style="F")
    page.set_y(top + QR_SIDE + 2)
    _text(page, address, size=7)


def _text(page: "FPDF", text: str, *, size: int, bold: bool = False) -> None:
    page.set_font("Helvetica", "B" if bold else "", size)
    page.multi_cell(0, LINE, printable(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _pair(page: "FPDF", label: str, value: str, *, amount: bool = False, bold: bool = False) -> None:
    page.set_font("Helvetica", "B" if bold else "", 10)
    room = WIDTH - 2 * MARGIN
    left = room * (0.72 if amount else 0.26)
    page.cell(left, LINE, _fitted(page, label, left))
    page.cell(room - left, LINE, _fitted(page, value, room - left), align="R" if amount else "L")
    page.ln(LINE)


def _fitted(page: "FPDF", text: str, width: float) -> str:
    shown = printable(text)
    if page.get_string_width(shown) <= width - 2:
        return shown
    while len(shown) > 1 and page.get_string_width(shown + "...") > width - 2:
        shown = shown[:-1]
    return shown.rstrip() + "..."


def _locale(language: str, country: str) -> str:
    local = f"{language}_{country.upper()}"
    return local if localedata.exists(local) else language


def _money(minor: int, currency: str, locale: str) -> str:
    known = currency_of(currency)
    value = Decimal(format_amount(minor, known))
    return str(format_currency(value, currency, locale=locale, currency_digits=True))


def _day(day: dt.date, locale: str) -> str:
    return format_date(day, format="long", locale=locale)
