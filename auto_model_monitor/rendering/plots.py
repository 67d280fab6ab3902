"""The score's curve as a picture for a phone (extra ``plots``).

It uses a figure of its own on the Agg canvas with every colour, width and font set, so that it neither
imports pyplot nor depends on the settings of the program.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from ..core.extras import extra
from ..core.metric_history import Point, horizontal
from .scales import Scale

WIDTH, HEIGHT = 720, 420  # pixels: twice what a phone of 360 shows
_DPI = 200
_FONT_SIZE = 8.2  # points; some 11 CSS pixels on a phone
_DIGIT = 14.5  # pixels that a digit takes, and a line
_LINE = 30.0
_TOP, _BOTTOM, _SIDE = 70.0, 56.0, 20.0
_MOST_DOTS = 60
_LARGEST = 1e300  # larger values are drawn here: differences must stay finite

_GROUND, _GRID, _QUIET, _INK = "#fbfcfd", "#e3e8ee", "#66727f", "#1d2733"
_CURVE, _BEST, _THRESHOLD, _BROKEN = "#2f6fb2", "#12805c", "#a35f00", "#d62828"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The content of a picture.

    Attributes:
        points: the readings in their order, at least one.
        title: the metric's name; omitted if the font may lack one of its characters.
        threshold: the value of the dashed line, if any.
        best: the best of the points.
        this: the point that the message is about.
    """

    points: Sequence[Point]
    title: str = ""
    threshold: float | None = None
    best: Point | None = None
    this: Point | None = None


def require_plots() -> None:
    """Import matplotlib.

    Raises:
        MissingExtraError: it is not installed.
    """
    with extra("plots"):
        import matplotlib.backends.backend_agg
        import matplotlib.figure  # noqa: F401


def draw(plot: Plot) -> bytes:
    """Return the picture as a PNG of ``WIDTH`` by ``HEIGHT`` pixels.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    canvas = _Canvas()
    frame = _Frame(plot)
    _draw_grid(canvas, frame)
    _draw_threshold(canvas, frame)
    _draw_curve(canvas, frame)
    _draw_marks(canvas, frame)
    if plot.title.isascii() and plot.title.isprintable():
        room = int((WIDTH - 2 * _SIDE) / _DIGIT)
        canvas.text(_SIDE + 4, HEIGHT - 34, plot.title[:room], _INK, bold=True)
    return canvas.png()


class _Canvas:
    """Draws lines, marks and texts at pixels, counted from the lower left."""

    def __init__(self) -> None:
        with extra("plots"):
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
            from matplotlib.lines import Line2D
        self._line: Any = Line2D
        self._figure: Any = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=_GROUND)
        self._agg: Any = FigureCanvasAgg(self._figure)

    def line(
        self, points: Iterable[tuple[float, float]], colour: str, width: float, style: Any = "-"
    ) -> None:
        self._add(points, color=colour, linewidth=width, linestyle=style, marker="None")

    def dots(self, points: Iterable[tuple[float, float]], colour: str, size: float, **look: Any) -> None:
        look = {"marker": "o", "markeredgecolor": colour, "markerfacecolor": colour, **look}
        self._add(points, color=colour, linestyle="None", linewidth=0, markersize=size, **look)

    def _add(self, points: Iterable[tuple[float, float]], **look: Any) -> None:
        xs, ys = zip(*points, strict=True)
        places = ([x / WIDTH for x in xs], [y / HEIGHT for y in ys])
        caps = {"solid_capstyle": "round", "solid_joinstyle": "round", "dash_capstyle": "butt"}
        look = {"markeredgewidth": 0, "antialiased": True, **caps, **look}
        self._figure.add_artist(self._line(*places, **look))

    def text(
        self, x: float, y: float, text: str, colour: str, *, align: str = "left", bold: bool = False
    ) -> None:
        # DejaVu comes with matplotlib. A "$" starts no formula, and TeX does not run.
        self._figure.text(
            x / WIDTH,
            y / HEIGHT,
            text,
            color=colour,
            fontfamily="DejaVu Sans",
            fontsize=_FONT_SIZE,
            fontweight="bold" if bold else "normal",
            fontstyle="normal",
            ha=align,
            va="center",
            usetex=False,
            parse_math=False,
        )

    def png(self) -> bytes:
        file = BytesIO()
        self._agg.print_png(file, metadata={"Software": None})
        return file.getvalue()


class _Frame:
    """The positions of the plot's numbers on the picture."""

    def __init__(self, plot: Plot) -> None:
        self.plot = plot
        values = [_bounded(point.value) for point in plot.points if math.isfinite(point.value)]
        self.threshold = _shown(plot.threshold, values)
        self.up = Scale([*values, *([] if self.threshold is None else [self.threshold])])
        self._places = horizontal(plot.points)
        self.along = Scale(self._places, logarithmic=False)
        self.ticks = [(tick, _short(tick)) for tick in self.up.ticks()]
        self.labels = list(_labels(plot, self.threshold))
        self.left = _SIDE + _DIGIT * max((len(text) for _, text in self.ticks), default=0) + 14
        self.right = WIDTH - _SIDE - _DIGIT * max((len(text) for _, text, _ in self.labels), default=0) - 18

    def x(self, place: float) -> float:
        return self.left + 12 + (self.right - self.left - 24) * self.along.place(place)

    def y(self, value: float) -> float:
        low, high = _BOTTOM + 14, HEIGHT - _TOP - 12
        return low + (high - low) * self.up.place(_bounded(value))

    def spot(self, point: Point) -> tuple[float, float]:
        """Return the position of a point; that of a non-finite one is at the bottom."""
        index = next(i for i, other in enumerate(self.plot.points) if other.number == point.number)
        return self._spots()[index]

    def _spots(self) -> list[tuple[float, float]]:
        return [
            (self.x(place), self.y(point.value) if math.isfinite(point.value) else _BOTTOM)
            for place, point in zip(self._places, self.plot.points, strict=True)
        ]

    def runs(self) -> Iterator[list[tuple[float, float]]]:
        """Yield the runs of finite points."""
        run: list[tuple[float, float]] = []
        for spot, point in zip(self._spots(), self.plot.points, strict=True):
            if math.isfinite(point.value):
                run.append(spot)
            elif run:
                yield run
                run = []
        if run:
            yield run

    def broken(self) -> list[tuple[float, float]]:
        """Return the positions of the non-finite points."""
        pairs = zip(self._spots(), self.plot.points, strict=True)
        return [spot for spot, point in pairs if not math.isfinite(point.value)]


def _draw_grid(canvas: _Canvas, frame: _Frame) -> None:
    for tick, text in frame.ticks:
        y = frame.y(tick)
        canvas.line([(frame.left, y), (frame.right, y)], _GRID, 0.6)
        canvas.text(frame.left - 10, y, text, _QUIET, align="right")
    canvas.line([(frame.left, _BOTTOM), (frame.right, _BOTTOM)], _GRID, 0.9)
    for tick in frame.along.ticks():
        if tick == int(tick):
            canvas.text(frame.x(tick), _BOTTOM - 26, _short(tick), _QUIET, align="center")


def _draw_threshold(canvas: _Canvas, frame: _Frame) -> None:
    if frame.threshold is not None:
        y = frame.y(frame.threshold)
        canvas.line([(frame.left, y), (frame.right, y)], _THRESHOLD, 0.9, (0, (4, 2.5)))


def _draw_curve(canvas: _Canvas, frame: _Frame) -> None:
    for run in frame.runs():
        canvas.line(run, _CURVE, 1.5)
        if len(frame.plot.points) <= _MOST_DOTS or len(run) == 1:
            canvas.dots(run, _CURVE, 3.4)
    if broken := frame.broken():
        canvas.dots(broken, _BROKEN, 5, marker="x", markeredgewidth=1.2)


def _draw_marks(canvas: _Canvas, frame: _Frame) -> None:
    best, this = frame.plot.best, frame.plot.this
    if this is not None:
        colour = _BROKEN if not math.isfinite(this.value) else _BEST if this == best else _CURVE
        look = {"marker": "X"} if not math.isfinite(this.value) else {}
        canvas.dots([frame.spot(this)], colour, 7, markeredgecolor=_GROUND, markeredgewidth=0.9, **look)
    if best is not None:
        ring = {"markerfacecolor": "None", "markeredgewidth": 1.3}
        canvas.dots([frame.spot(best)], _BEST, 10.5 if best == this else 7, **ring)
    expected = [(frame.y(value) if math.isfinite(value) else _BOTTOM) for value, _, _ in frame.labels]
    for y, (_, text, colour) in zip(_apart(expected), frame.labels, strict=True):
        bold = colour != _THRESHOLD
        canvas.text(frame.right + 14, y, text, colour, bold=bold)


def _labels(plot: Plot, threshold: float | None) -> Iterator[tuple[float, str, str]]:
    """Yield the numbers at the right edge, each with its text and colour."""
    if plot.best is not None:
        yield plot.best.value, _short(plot.best.value), _BEST
    if plot.this is not None and not (plot.best and plot.best.value == plot.this.value):
        colour = _CURVE if math.isfinite(plot.this.value) else _BROKEN
        yield plot.this.value, _short(plot.this.value), colour
    if threshold is not None:
        yield threshold, _short(threshold), _THRESHOLD


def _apart(expected: Sequence[float]) -> list[float]:
    """Move overlapping labels apart by one line each, within the picture."""
    order = sorted(range(len(expected)), key=lambda index: expected[index])
    placed = list(expected)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + _LINE)
    ceiling = HEIGHT - _LINE
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - _LINE
    return placed


def _shown(threshold: float | None, values: Sequence[float]) -> float | None:
    """Return the threshold; None if it is so far away that the curve would be flat."""
    if threshold is None or not math.isfinite(threshold) or not values:
        return None
    threshold = _bounded(threshold)
    least, largest = min(values), max(values)
    span = max(largest - least, abs(least) * 0.1)
    far = max(least - threshold, threshold - largest) > 20 * span
    return None if far and not Scale([*values, threshold]).logarithmic else threshold


def _bounded(value: float) -> float:
    return min(_LARGEST, max(-_LARGEST, value))


def _short(value: float) -> str:
    """Return a number in few characters: ``0.0035``, ``120k``, ``1e-05``."""
    if 10_000 <= abs(value) < 1e6:
        return f"{value / 1000:.4g}k"
    return f"{value:.4g}" if abs(value) < 1e15 else f"{value:.2g}"
