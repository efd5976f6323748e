"""Bring the office's catalogues up to what its pages say.

    python tools/office_texts.py            adds what is missing (untranslated) and takes out what nobody says any more
    python tools/office_texts.py --check    says what is missing, stale or untranslated, and changes nothing
    python tools/office_texts.py members    the same for one area alone

Each area has a catalogue of its own in each language: ``src/gateway/backoffice/locale/<language>/<area>.po``. A text of the
frame's catalogue is not asked for again. English is the key and needs no catalogue.
"""

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from gateway.kit.catalogues import read_catalogue

OFFICE = Path(__file__).resolve().parent.parent / "src" / "gateway" / "backoffice"
KEYWORDS = {"_": None, "N_": None, "say": None, "warn": None, "fault": (2,), "n_": (1, 2), "count": (1, 2)}
FRAME = "frame"
LANGUAGES = ("es", "fr")
Key = str | tuple[str, str]


def sources(area: str) -> list[Path]:
    """Return the files that may say something of an area."""
    if area == FRAME:
        python = [*(OFFICE / "frame").rglob("*.py"), *OFFICE.glob("*.py")]
    else:
        python = [*(OFFICE / "areas" / area).rglob("*.py"), OFFICE / "areas" / f"{area}.py"]
    return [path for path in [*python, *(OFFICE / "templates" / area).rglob("*.html")] if path.exists()]


def areas() -> list[str]:
    """Return every area that there is, the frame first."""
    found = {path.stem for path in (OFFICE / "areas").iterdir() if path.stem not in {"__init__", "__pycache__"}}
    return [FRAME, *sorted(found)]


def said(area: str) -> set[Key]:
    """Return what an area says."""
    found: set[Key] = set()
    for path in sources(area):
        method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
        options = {"silent": "false", "trimmed": "false", "extensions": ""}
        with path.open("rb") as file:
            for _line, message, _comments, _context in extract(method, file, keywords=KEYWORDS, options=options):
                texts = message if isinstance(message, tuple) else (message,)
                if texts[0]:
                    found.add((texts[0], texts[1]) if len(texts) > 1 and texts[1] else texts[0])
    return found


def known(language: str, area: str) -> dict[Key, tuple[str, ...]]:
    """Return what a catalogue says."""
    path = OFFICE / "locale" / language / f"{area}.po"
    if not path.exists():
        return {}
    return {
        message.id: tuple(message.string) if isinstance(message.string, list | tuple) else (message.string,)
        for message in read_catalogue(path, language)
        if message.id
    }


def wanted(area: str) -> set[Key]:
    """Return what an area's own catalogue must hold."""
    return said(area) if area == FRAME else said(area) - said(FRAME)


def faults(only: str | None = None) -> list[str]:
    """Return what is missing, stale or untranslated, one line each."""
    found = []
    for area in areas() if only is None else [only]:
        for language in LANGUAGES:
            have, need = known(language, area), wanted(area)
            place = f"locale/{language}/{area}.po"
            found += [f"{place}: missing {key!r}" for key in sorted(need - set(have), key=str)]
            found += [f"{place}: nobody says {key!r}" for key in sorted(set(have) - need, key=str)]
            found += [f"{place}: untranslated {key!r}" for key, texts in have.items() if not all(texts)]
    return found


def bring_up(area: str, language: str) -> None:
    """Write an area's catalogue with all that it says and nothing else."""
    have = known(language, area)
    made = Catalog(locale=language, charset="utf-8", fuzzy=False, header_comment=f"# The office: {area}.")
    for key in sorted(wanted(area), key=str):
        texts = have.get(key, ("", "") if isinstance(key, tuple) else ("",))
        made.add(key, texts if isinstance(key, tuple) else texts[0])
    path = OFFICE / "locale" / language / f"{area}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        'msgid ""',
        'msgstr ""',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        f'"Language: {language}\\n"',
        f'"Plural-Forms: {made.plural_forms}\\n"',
        "",
    ]
    out = io.BytesIO()
    write_po(out, made, width=0, omit_header=True, sort_output=False, no_location=True)
    path.write_text("\n".join(lines) + "\n" + out.getvalue().decode().lstrip("\n"), encoding="utf-8")


def main() -> int:
    """Do what is asked for."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    if "--check" not in sys.argv[1:]:
        for area in names or areas():
            for language in LANGUAGES:
                bring_up(area, language)
    found = [fault for name in (names or [None]) for fault in faults(name)]
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or "every text is there in every language\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
