"""Reading XML that others wrote: no entities, no network, no DTD, bounded, by local name."""

from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from gateway.bank.errors import StatementError

MAX_OCTETS = 256 * 1024 * 1024
Element = etree._Element


def walk(body: bytes) -> Iterator[tuple[str, Element]]:
    """Give ``start`` and ``end`` of every element, in order; the caller clears what it has used.

    Raises:
        StatementError: Not well-formed XML, or XML of a kind that is not read (with a DTD, too large, compressed).
    """
    _refuse_what_is_no_xml(body)
    events = etree.iterparse(
        BytesIO(body),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for number, (event, element) in enumerate(events):
            if number == 0 and element.getroottree().docinfo.internalDTD is not None:
                raise StatementError("the file has a DTD, which no bank's statement needs; it is not read")
            yield event, element
    except etree.XMLSyntaxError as problem:
        line, column = problem.position
        raise StatementError(
            f"line {line}, column {column}: {problem.msg}; the file may be cut off or damaged: ask the bank for it again"
        ) from problem


def _refuse_what_is_no_xml(body: bytes) -> None:
    if not body.strip():
        raise StatementError("the file is empty; expected a camt.053 statement in XML")
    if len(body) > MAX_OCTETS:
        raise StatementError(
            f"the file has {len(body)} octets; at most {MAX_OCTETS} are read: ask for a shorter period"
        )
    if body[:4] == b"PK\x03\x04" or body[:2] == b"\x1f\x8b":
        raise StatementError("the file is compressed; unpack it and give the XML inside")
    start = body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    if not start.startswith(b"<"):
        raise StatementError("the file is no XML; expected a camt.053 statement")
    if b"<!DOCTYPE" in body[:4096].replace(b"\x00", b""):
        raise StatementError("the file has a DTD, which no bank's statement needs; it is not read")


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def namespace(element: Element) -> str:
    """Return an element's namespace; empty if it has none."""
    return etree.QName(element).namespace or ""


def line_of(element: Element) -> int:
    """Return the line of the file an element begins in; 0 if it is not known."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first element down a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((found for found in element if local(found) == name), None)
    return element


def children(element: Element | None, name: str) -> list[Element]:
    """Return the direct children of a local name."""
    return [] if element is None else [found for found in element if local(found) == name]


def words(element: Element | None, *path: str) -> str | None:
    """Return the text at the end of a path, without surrounding blanks; None if there is none."""
    found = child(element, *path)
    text = None if found is None or found.text is None else " ".join(found.text.split())
    return text or None
