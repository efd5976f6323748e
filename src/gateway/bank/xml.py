"""Reading XML that others wrote: no entities, no network, no DTD, bounded, by local name."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import BytesIO

from lxml import etree

from gateway.bank.errors import StatementError

MAX_OCTETS = 256 * 1024 * 1024
_NO_DTD = "the file has a DTD, which no bank's statement needs; it is not read"
Element = etree._Element


def walk(body: bytes, names: Sequence[str]) -> Iterator[tuple[str, Element]]:
    """Give ``start`` and ``end`` of the elements with these local names, in order, and at last ``root`` once.

    The caller clears what it has used.

    Raises:
        StatementError: Not well-formed XML, or XML of a kind that is not read (with a DTD, too large, compressed).
    """
    _refuse_what_is_no_xml(body)
    events = etree.iterparse(
        BytesIO(body),
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in names],
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
            if number == 0:
                _refuse_dtd(element)
            yield event, element
    except etree.XMLSyntaxError as problem:
        line, column = problem.position
        said = str(problem.msg).split("\n")[0].removesuffix(f", line {line}, column {column}")
        where = f"line {line}, column {column}"
        raise StatementError(
            f"{where}: {said}; the file may be cut off or damaged: ask the bank for it again", place=where
        ) from problem
    root: Element = events.root
    _refuse_dtd(root)
    yield "root", root


def _refuse_dtd(element: Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise StatementError(_NO_DTD)


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
        raise StatementError(_NO_DTD)


@lru_cache(4096)
def _without_namespace(tag: str) -> str:
    return tag.rpartition("}")[2]


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return _without_namespace(element.tag)


def namespace(element: Element) -> str:
    """Return an element's namespace; empty if it has none."""
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def line_of(element: Element) -> int:
    """Return the line of the file an element begins in; 0 if it is not known."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first element down a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next(element.iterchildren(f"{{*}}{name}"), None)
    return element


def children(element: Element | None, name: str) -> list[Element]:
    """Return the direct children of a local name."""
    return [] if element is None else list(element.iterchildren(f"{{*}}{name}"))


def words(element: Element | None, *path: str) -> str | None:
    """Return the text at the end of a path, without surrounding blanks; None if there is none."""
    found = child(element, *path)
    text = None if found is None or found.text is None else " ".join(found.text.split())
    return text or None
