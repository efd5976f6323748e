"""The free text of an MT940 entry (field 86): what banks write into it, in the three manners that are in use.

Codes with a question mark (``?20…?32…``, Germany), words between slashes (``/EREF/…/REMI/…``, Netherlands and SWIFT), words
with a plus sign (``EREF+…SVWZ+…``, SEPA). What is in no manner stays text as it is.
"""

import re
from typing import NamedTuple

_CODE = re.compile(r"\?(\d\d)")
_SLASHED = re.compile(r"/([A-Z]{2,5})/")
_PLUSSED = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP)\+")
_KNOWN = frozenset(
    {
        "EREF",
        "REMI",
        "NAME",
        "IBAN",
        "TRTP",
        "MARF",
        "CSID",
        "BIC",
        "KREF",
        "BENM",
        "ORDP",
        "PREF",
        "RTRN",
        "PURP",
        "ULTD",
        "ULTC",
    }
)
_NO_ID = frozenset({"NOTPROVIDED", "NONREF", "NOT PROVIDED", "NONE", ""})
_LONGEST = 2000


class Details(NamedTuple):
    """What the text says."""

    end_to_end_id: str | None
    counterparty: str | None
    counterparty_account: str | None
    text: str | None


def read_details(text: str) -> Details:
    """Return what stands in field 86."""
    one_line = text.replace("\n", "")
    if _CODE.search(one_line) and re.match(r"\d{3}\?|\?\d\d", one_line):
        return _coded(one_line)
    found = dict(_parts(_SLASHED, one_line)) if _SLASHED.search(one_line) else {}
    if _KNOWN & found.keys():
        remittance = re.sub(r"^(USTD|STRD)//?", "", found.get("REMI", "")).strip("/ ")
        return _details(found, found.get("NAME"), found.get("IBAN"), remittance or " ".join(text.split()))
    return _plussed(" ".join(text.split("\n")), None, None)


def identifier(text: str | None) -> str | None:
    """Return an id, or None where the bank says that there is none."""
    plain = (text or "").strip()
    return None if plain.upper() in _NO_ID else plain


def _coded(text: str) -> Details:
    purpose, name, account = "", "", None
    for code, value in _parts(_CODE, text):
        if "20" <= code <= "29" or "60" <= code <= "63":
            purpose += value
        elif code in ("32", "33"):
            name += value
        elif code == "31":
            account = value.strip() or None
    return _plussed(purpose, name.strip() or None, account)


def _plussed(text: str, name: str | None, account: str | None) -> Details:
    found = dict(_parts(_PLUSSED, text))
    if not found:
        return Details(None, name, account, " ".join(text.split())[:_LONGEST] or None)
    return _details(found, name, account or found.get("IBAN"), found.get("SVWZ") or text)


def _details(found: dict[str, str], name: str | None, account: str | None, text: str) -> Details:
    number = "".join((account or "").split()) or None
    words = " ".join(text.split())[:_LONGEST]
    return Details(identifier(found.get("EREF")), (name or "").strip() or None, number, words or None)


def _parts(marks: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    places = list(marks.finditer(text))
    if not places:
        return []
    ends = [*(place.start() for place in places[1:]), len(text)]
    return [(place.group(1), text[place.end() : end].strip("/ ")) for place, end in zip(places, ends, strict=True)]
