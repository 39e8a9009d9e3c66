"""The chart: CPU for one request, the server's part and PostgreSQL's, drawn as SVG."""

from html import escape
from typing import Final

from benchmarks.figures import Figures, compared
from benchmarks.servers import TITLES
from benchmarks.workload import COMPARISONS, MEANINGS

# Colours that are visible on white and on black.
_TEXT, _SERVER, _POSTGRES = "#768390", "#2f81f7", "#bf8700"
_LEFT, _WIDTH, _RIGHT, _BAR, _GAP, _TOP = 214, 400, 150, 15, 30, 52
_ROOM: Final = 2.6  # times the longer bar of the first two servers; longer bars are cut


def chart(figures: Figures) -> str:
    """The SVG. Each query has its own scale."""
    parts, y = _legend(), _TOP
    for query in COMPARISONS:
        costs = {name: cost for name in TITLES if (cost := compared(figures, name, query))}
        if not costs:
            continue
        scale = _WIDTH / (_ROOM * max(cost["cpu_ms"] for cost in list(costs.values())[:2]))
        parts.append(_words(0, y + 10, f"{query}: {MEANINGS[query].replace('`', '')}", bold=True))
        y += 18
        for name, cost in costs.items():
            parts += _bar(TITLES[name], cost, scale, y)
            y += _BAR
        y += _GAP - 10
    width = _LEFT + _WIDTH + _RIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}" '
        f'font-family="sans-serif" font-size="11" fill="{_TEXT}" role="img">\n'
        "<title>CPU of server and PostgreSQL for one request</title>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(title: str, cost: dict[str, float], scale: float, y: int) -> list[str]:
    whole, height = cost["cpu_ms"] * scale, _BAR - 3
    drawn = min(whole, _WIDTH)
    first = min(cost["server_ms"] * scale, drawn)
    parts = [
        _words(_LEFT - 8, y + 10, title, anchor="end"),
        f'<rect x="{_LEFT}" y="{y}" width="{first:.1f}" height="{height}" fill="{_SERVER}"/>',
        f'<rect x="{_LEFT + first:.1f}" y="{y}" width="{drawn - first:.1f}" height="{height}" '
        f'fill="{_POSTGRES}"/>',
    ]
    if whole > drawn:
        x = _LEFT + drawn - 24
        parts.append(
            f'<path d="M{x} {y + height + 2}l5 -{height + 4}m4 0l-5 {height + 4}" '
            f'stroke="{_TEXT}" stroke-width="2" fill="none"/>'
        )
    text = f"{cost['server_ms']:.3g} + {cost['postgres_ms']:.3g} ms"
    return [*parts, _words(round(_LEFT + drawn + 6), y + 10, text)]


def _legend() -> list[str]:
    return [
        _words(0, 14, "CPU for one request: the server's part + PostgreSQL's, in milliseconds", bold=True),
        f'<rect x="0" y="24" width="10" height="10" fill="{_SERVER}"/>',
        _words(15, 33, "server"),
        f'<rect x="64" y="24" width="10" height="10" fill="{_POSTGRES}"/>',
        _words(79, 33, "PostgreSQL"),
        _words(160, 33, "Each query has its own scale; bars with a gap sign are longer than drawn."),
    ]


def _words(x: int, y: int, text: str, *, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
