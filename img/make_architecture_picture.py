"""Draw the rooms of the package on their floors, their imports, and the journeys through them.

    pip install -e ".[dev]" && python img/make_architecture_picture.py

The floors come from the import contract in ``pyproject.toml``, the arrows from the imports in the code (those
that follow from others are left out), and the journeys from ``auto_model_monitor/ARCHITECTURE.md``. Needs
Chromium (or Chrome) on the path, or its name in the environment variable CHROMIUM.
"""

from __future__ import annotations

import html
import re
import tempfile
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import grimp
from make_pictures import CONTRACTS, HERE, shoot

PACKAGE = "auto_model_monitor"
WIDTH, LEFT, FLOOR, BOX, GAP = 980, 46, 76, 44, 14
COLOURS = ("#1769c2", "#1d8a4e", "#c2571a", "#7b3fb5", "#a3195b")
STYLE = """
* { box-sizing: border-box }
body { margin: 0; width: 980px; background: #fff; color: #1f2d3d; font: 14px/1.35 'DejaVu Sans', sans-serif }
.floors { position: relative }
.floor { position: absolute; left: 0; width: 980px; border-radius: 12px }
.number { position: absolute; left: 14px; color: #8a98a8; font-weight: 700; font-size: 16px }
.room { position: absolute; background: #fff; border: 1.5px solid #7f93a8; border-radius: 9px;
        text-align: center; font: 600 14px/24px 'DejaVu Sans Mono', monospace }
.dots { height: 12px; line-height: 0 }
.dot { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin: 0 2.5px }
svg { position: absolute; left: 0; top: 0 }
.journey { margin: 14px 4px 0 4px }
.journey b { font-size: 16px }
.steps { display: flex; flex-wrap: wrap; gap: 6px 0; margin-top: 6px; align-items: flex-start }
.step { border: 1.5px solid; border-radius: 9px; padding: 4px 9px; background: #fff; text-align: center }
.step .name { font: 700 13px/1.4 'DejaVu Sans Mono', monospace }
.step .call { color: #44525f; font: 11px/1.35 'DejaVu Sans Mono', monospace }
.arrow { padding: 14px 4px 0; font-weight: 700 }
"""


class Journey(NamedTuple):
    """A journey: its title, and each stay in a room with the functions that are called there."""

    title: str
    stays: list[tuple[str, list[str]]]


def journeys() -> list[Journey]:
    """Read the journeys that ARCHITECTURE.md lists."""
    text = HERE.parent.joinpath(PACKAGE, "ARCHITECTURE.md").read_text("utf-8")
    found = []
    for title, steps in re.findall(r"^## Journey \d: (.*?)$(.*?)(?=^## |\Z)", text, re.M | re.S):
        calls = re.findall(r"^\d+\. `([\w.]+):([\w.]+)`", steps, re.M)
        stays = groupby(calls, key=lambda call: call[0].partition(".")[0])
        found.append(Journey(title, [(room, [name for _, name in group]) for room, group in stays]))
    return found


def floors() -> list[list[str]]:
    """Return the rooms that exist, floor by floor, the highest first."""
    layers = next(c for c in CONTRACTS if c["type"] == "layers" and c["containers"] == [PACKAGE])["layers"]
    names = ([room.strip() for room in layer.split("|")] for layer in layers)
    rooms = ([room for room in floor if HERE.parent.joinpath(PACKAGE, room).is_dir()] for floor in names)
    return [floor for floor in rooms if floor]


def imports(rooms: list[str]) -> set[tuple[str, str]]:
    """Return which room imports which, without those that follow from others."""
    graph = grimp.build_graph(PACKAGE)
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for module in graph.modules:
        importer = module.split(".")[1:2]
        for imported in graph.find_modules_directly_imported_by(module):
            target = imported.split(".")[1:2]
            if importer and target and importer != target and {*importer, *target} <= found.keys():
                found[importer[0]].add(target[0])

    def reaches(start: str, end: str) -> bool:
        return any(middle == end or reaches(middle, end) for middle in found[start])

    return {
        (upper, lower)
        for upper, lowers in found.items()
        for lower in lowers
        if not any(reaches(middle, lower) for middle in lowers - {lower})
    }


def plan(rows: list[list[str]]) -> dict[str, tuple[float, float, float]]:
    """Return the left edge, the upper edge and the width of each room."""
    places = {}
    for number, row in enumerate(rows):
        widths = [len(room) * 8.6 + 24 for room in row]
        spare = WIDTH - LEFT - sum(widths)
        gap = min(spare / (len(row) + 1), 110)
        left = LEFT + (spare - gap * (len(row) - 1)) / 2
        for room, width in zip(row, widths, strict=True):
            places[room] = (left, number * FLOOR + (FLOOR - BOX) / 2, width)
            left += width + gap
    return places


def drawing(rows: list[list[str]], ways: list[Journey]) -> str:
    """Draw the floors, the rooms and their imports."""
    places = plan(rows)
    parts = []
    for number in range(len(rows)):
        colour = f"hsl(211 55% {93 + 2.5 * (number % 2):.1f}%)"
        parts.append(
            f'<div class="floor" style="top:{number * FLOOR + 3}px;height:{FLOOR - 6}px;background:{colour}">'
            f'</div><div class="number" style="top:{number * FLOOR + 25}px">{len(rows) - number}</div>'
        )
    lines = []
    for upper, lower in sorted(imports(list(places))):
        left, top, width = places[upper]
        x, y = left + width / 2, top + BOX
        to_left, to_top, to_width = places[lower]
        to_x = to_left + to_width / 2
        lines.append(
            f'<path d="M{x:.0f} {y:.0f} C{x:.0f} {y + 26:.0f} {to_x:.0f} {to_top - 26:.0f} '
            f'{to_x:.0f} {to_top:.0f}" fill="none" stroke="#9aabbd" stroke-width="1.3"/>'
        )
    parts.append(f'<svg width="{WIDTH}" height="{len(rows) * FLOOR}">{"".join(lines)}</svg>')
    for room, (left, top, width) in places.items():
        dots = "".join(
            f'<span class="dot" style="background:{colour}"></span>'
            for colour, way in zip(COLOURS, ways, strict=True)
            if room in [name for name, _ in way.stays]
        )
        style = f"left:{left:.0f}px;top:{top:.0f}px;width:{width:.0f}px;height:{BOX}px"
        inner = "" if dots else "padding-top:9px;"
        parts.append(f'<div class="room" style="{inner}{style}">{room}<div class="dots">{dots}</div></div>')
    return f'<div class="floors" style="height:{len(rows) * FLOOR}px">{"".join(parts)}</div>'


def strip(way: Journey, colour: str) -> str:
    """Draw a journey as a row of the rooms that it visits."""
    steps = [
        f'<div class="step" style="border-color:{colour}"><div class="name">{room}</div>'
        f'<div class="call">{"<br>".join(html.escape(name) for name in names)}</div></div>'
        for room, names in way.stays
    ]
    arrow = f'<div class="arrow" style="color:{colour}">→</div>'
    title = f'<b style="color:{colour}">{html.escape(way.title)}</b>'
    return f'<div class="journey">{title}<div class="steps">{arrow.join(steps)}</div></div>'


def main() -> None:
    ways = journeys()
    strips = "".join(strip(way, colour) for way, colour in zip(ways, COLOURS, strict=True))
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        page = Path(folder, "architecture.html")
        body = drawing(floors(), ways) + strips
        page.write_text(f'<meta charset="utf-8"><style>{STYLE}</style><body>{body}', encoding="utf-8")
        shoot(page, HERE / "architecture.png", WIDTH)


if __name__ == "__main__":
    main()
