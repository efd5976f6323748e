"""Charts drawn on the server as SVG: readable in black and white, with their figures in words, the table beside them.

Series are told apart by pattern and mark, not by colour alone. Nothing is styled in line: what a mark looks like stands
in ``static/office.css``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 84, 12, 14, 34
MOST_SERIES = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one bar of each group."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, or a point of a line."""

    x: float
    y: float
    width: float
    height: float
    series: int
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready to be drawn by the macro ``chart`` of ``frame/macros.html``."""

    title: str
    kind: str
    """bars or lines."""
    labels: Sequence[str]
    series: Sequence[Series]
    marks: Sequence[Mark]
    ticks: Sequence[tuple[float, str]]
    """Height of each line of the grid and what stands beside it."""
    places: Sequence[tuple[float, str]]
    """Where each label stands; some are left out where they would touch."""
    texts: Sequence[Sequence[str]]
    """Figures as people read them, by series, for the table behind the chart."""
    zero: float

    width = WIDTH
    height = HEIGHT
    left = LEFT
    right = WIDTH - RIGHT
    bottom = HEIGHT - BOTTOM

    def path(self, series: int) -> str:
        """Return the path of a series' line."""
        points = [(mark.x, mark.y) for mark in self.marks if mark.series == series]
        return " ".join(f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(points))


def draw(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    write: Callable[[float], str] = str,
    kind: str = "bars",
    is_whole: bool = False,
) -> Chart:
    """Return a chart of at most four series.

    Args:
        title: What it shows, in the reader's language.
        labels: Of the groups, along the bottom.
        series: Each with one value per label.
        write: Writes a value as people read it.
        kind: bars or lines.
        is_whole: The values are counted: no line of the grid stands between two whole numbers.
    """
    shown = series[:MOST_SERIES]
    values = [value for one in shown for value in one.values] or [0]
    low, high, step = _scale(min(0, *values), max(0, *values), is_whole=is_whole)
    inner = HEIGHT - TOP - BOTTOM

    def y_of(value: float) -> float:
        return TOP + inner * (high - value) / ((high - low) or 1)

    ticks = [
        (y_of(low + step * number), write(low + step * number)) for number in range(round((high - low) / step) + 1)
    ]
    room = (WIDTH - LEFT - RIGHT) / (len(labels) or 1)
    every = max(1, -(-len(labels) * 52 // (WIDTH - LEFT - RIGHT)))
    places = [(LEFT + room * (at + 0.5), label if at % every == 0 else "") for at, label in enumerate(labels)]
    zero = y_of(0)
    bar = min(room * 0.8 / (len(shown) or 1), 48)
    marks = []
    for number, one in enumerate(shown):
        for at, value in enumerate(one.values[: len(labels)]):
            middle, y = LEFT + room * (at + 0.5), y_of(value)
            text = f"{labels[at]}, {one.name}: {write(value)}"
            if kind == "bars":
                x = middle - bar * len(shown) / 2 + bar * number
                marks.append(Mark(x, min(y, zero), bar * 0.92, max(abs(zero - y), 0.5), number, text))
            else:
                marks.append(Mark(middle, y, 0, 0, number, text))
    texts = [[write(value) for value in one.values] for one in shown]
    return Chart(title, kind, labels, shown, marks, ticks, places, texts, zero)


def _scale(least: float, most: float, *, is_whole: bool) -> tuple[float, float, float]:
    """Return where the axis begins and ends and its step: round figures, four to six of them."""
    span = (most - least) or 1
    rough = span / 4
    power = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 1.0
    steps = [power * times for times in (1, 2, 2.5, 5, 10) if not is_whole or power * times % 1 == 0]
    step = next((one for one in steps if one >= rough), power * 10)
    low = step * (least // step)
    high = step * ceil(most / step)
    return low, max(high, low + step), step
