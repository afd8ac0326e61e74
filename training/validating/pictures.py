"""The pictures of the validation page: small SVG, drawn by hand so that any script is shown.

Text stays text, in the font of the browser: nothing here needs a font to be installed.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

_WIDE, _HIGH, _LEFT, _BOTTOM, _RIGHT, _TOP = 420, 300, 52, 44, 12, 12
_BLUE, _GREY, _RED = "#1f5fa8", "#9aa3ad", "#b5452c"
Points = Sequence[tuple[float, float]]


def curve(points: Points, *, across: str, up: str) -> str:
    """Return a curve on the unit square with its diagonal.

    Parameters
    ----------
    points : sequence of (float, float)
        In order, both from 0 to 1.
    across, up : str
        Labels of the axes.
    """
    line = _path(points, 1.0, _BLUE)
    return _picture([_path([(0, 0), (1, 1)], 1.0, _GREY), line], 1.0, across=across, up=up)


def against(points: Points, *, across: str, up: str) -> str:
    """Return points against the diagonal on which told and realised are equal."""
    edge = max((max(point) for point in points), default=0.0) * 1.05 or 1.0
    dots = [
        f'<circle cx="{_x(x, edge):.1f}" cy="{_y(y, edge):.1f}" r="4" fill="{_BLUE}"/>'
        for x, y in points
    ]
    return _picture([_path([(0, 0), (edge, edge)], edge, _GREY), *dots], edge, across=across, up=up)


def pairs(
    labels: Sequence[str], one: Sequence[float], other: Sequence[float], *, names: tuple[str, str]
) -> str:
    """Return two bars for each label, with a legend of both names."""
    edge = max((*one, *other), default=0.0) * 1.05 or 1.0
    step = (_WIDE - _LEFT - _RIGHT) / max(len(labels), 1)
    parts = []
    for place, (label, a, b) in enumerate(zip(labels, one, other, strict=True)):
        left = _LEFT + place * step
        for offset, value, colour in ((0.12, a, _BLUE), (0.5, b, _RED)):
            top = _y(value, edge)
            parts.append(
                f'<rect x="{left + offset * step:.1f}" y="{top:.1f}" width="{0.36 * step:.1f}" '
                f'height="{_y(0, edge) - top:.1f}" fill="{colour}"/>'
            )
        parts.append(_text(left + step / 2, _HIGH - _BOTTOM + 15, label))
    for place, (name, colour) in enumerate(zip(names, (_BLUE, _RED), strict=True)):
        x = _LEFT + 10 + place * 150
        parts.append(
            f'<rect x="{x}" y="{_HIGH - 16}" width="10" height="10" fill="{colour}"/>'
            + _text(x + 15, _HIGH - 7, name, anchor="start")
        )
    return _svg([*_scale(edge), *parts])


def _picture(parts: Sequence[str], edge: float, *, across: str, up: str) -> str:
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    ticks = [
        _text(_x(edge * share, edge), _HIGH - _BOTTOM + 15, _percent(edge * share), anchor=anchor)
        for share, anchor in ((0.25, "middle"), (0.5, "middle"), (0.75, "middle"), (1, "end"))
    ]
    upright = _text(12, (_TOP + _HIGH - _BOTTOM) / 2, up, turned=True)
    labels = [_text(middle, _HIGH - 8, across), upright]
    return _svg([*_scale(edge), *ticks, *labels, *parts])


def _scale(edge: float) -> list[str]:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(edge * share, edge)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e6ea"/>'
            + _text(_LEFT - 5, y + 4, _percent(edge * share), anchor="end")
        )
    return parts


def _path(points: Points, edge: float, colour: str) -> str:
    places = " ".join(f"{_x(x, edge):.1f},{_y(y, edge):.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{html.escape(text)}</text>'


def _x(value: float, edge: float) -> float:
    return _LEFT + value / edge * (_WIDE - _LEFT - _RIGHT)


def _y(value: float, edge: float) -> float:
    return _HIGH - _BOTTOM - value / edge * (_HIGH - _BOTTOM - _TOP)


def _percent(value: float) -> str:
    return f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.1%}"


def _svg(parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'font-size="11" fill="#55606d">{"".join(parts)}</svg>'
    )
