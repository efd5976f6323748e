"""Reads a large JSON object from disk without holding it: its members, and the items of one list one by one."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

_BLOCK = 1 << 20
_SPACE = " \t\r\n"


class _Window:
    """A part of the text, moved along."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._text, self._at, self._ended = file, "", 0, False
        self._decoder = json.JSONDecoder()

    def _fill(self) -> bool:
        block = self._file.read(_BLOCK)
        self._ended = not block
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)

    def peek(self) -> str:
        """Return the next character that is not space, an empty text at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._fill():
                return ""

    def take(self, *expected: str) -> str:
        """Take one of some characters.

        Raises:
            ValueError: Another one stands there.
        """
        found = self.peek()
        if found not in expected or not found:
            raise ValueError(f"expected {' or '.join(expected)}, found {found or 'the end'!r}")
        self._at += 1
        return found

    def value(self) -> Any:
        """Read one whole value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._ended or not self._fill():
                    raise
                continue
            # A number at the very end of the window may go on in the next one.
            if end < len(self._text) or isinstance(value, (dict, list, str)) or not self._fill():
                self._at = end
                return value


def read_members(file: TextIO, listed: str) -> Iterator[tuple[str, Any]]:
    """Yield each member as (name, value); the items of the list named ``listed`` one by one under its name.

    Raises:
        ValueError: The text is not one JSON object, or the list is none.
    """
    window = _Window(file)
    window.take("{")
    if window.peek() == "}":
        window.take("}")
    else:
        while True:
            name = window.value()
            if not isinstance(name, str):
                raise ValueError("expected the name of a member")
            window.take(":")
            if name == listed:
                yield from ((listed, item) for item in _items(window))
            else:
                yield name, window.value()
            if window.take(",", "}") == "}":
                break
    if window.peek():
        raise ValueError("something stands after the object")


def _items(window: _Window) -> Iterator[Any]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    while True:
        yield window.value()
        if window.take(",", "]") == "]":
            return
