"""Tables and figures as HTML text; whatever comes in is escaped here and nowhere else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

Cell = object
DASH = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table; the first column is text, the others are figures.

    Examples
    --------
    >>> table(["a", "b"], [["x<", 1]]).count("&lt;")
    1
    """
    top = "".join(_cell("th", place, text) for place, text in enumerate(head))
    lines = [
        "<tr>" + "".join(_cell("td", place, text) for place, text in enumerate(row)) + "</tr>"
        for row in rows
    ]
    first = f"<thead><tr>{top}</tr></thead>" if head else ""
    return f'<div class="scroll"><table>{first}<tbody>{"".join(lines)}</tbody></table></div>'


def heading(text: str, level: int = 2) -> str:
    """Return a heading."""
    return f"<h{level}>{html.escape(text)}</h{level}>"


def note(text: str) -> str:
    """Return a remark in small print."""
    return f'<p class="note">{html.escape(text)}</p>'


def figure(svg: str, caption: str) -> str:
    """Return a picture with its caption."""
    return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"


def figures(*pictures: str) -> str:
    """Return pictures side by side."""
    return f'<div class="plots">{"".join(pictures)}</div>'


def number(value: float | None, places: int = 4) -> str:
    """Return a figure, or a dash where there is none.

    Examples
    --------
    >>> number(0.84893), number(None), number(-0.00001)
    ('0.8489', '–', '0.0000')
    """
    if value is None:
        return DASH
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def percent(value: float | None, places: int = 2) -> str:
    """Return a share as per cent, or a dash where there is none."""
    return DASH if value is None else f"{value:.{places}%}"


def whole(value: float | None) -> str:
    """Return a count, or a dash where there is none."""
    return DASH if value is None else f"{value:,.0f}"


def chance(value: float | None) -> str:
    """Return a p-value.

    Examples
    --------
    >>> chance(0.00002), chance(0.0438), chance(None)
    ('< 0.0001', '0.0438', '–')
    """
    return DASH if value is None else "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def _cell(tag: str, place: int, text: Cell) -> str:
    kind = ' class="n"' if place else ""
    return f"<{tag}{kind}>{html.escape(str(text))}</{tag}>"
