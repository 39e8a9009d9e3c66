"""The chart: CPU for one request, as bars on a logarithmic scale, drawn as SVG."""

from html import escape
from math import ceil, floor, log10
from typing import Final

from benchmarks.figures import COMPARISONS, Figures, compared
from benchmarks.servers import TITLES

_COLOURS: Final = {"limit": "#9aa0a6", "ours": "#1a73e8", "loaders": "#8ab4f8", "stock": "#e8710a"}
_LEFT, _WIDTH, _BAR, _GAP, _TOP = 44, 600, 13, 14, 52


def chart(figures: Figures) -> str:
    """The SVG."""
    values = {
        query: {server: found["cpu_ms"] for server in TITLES if (found := compared(figures, server, query))}
        for query in COMPARISONS
    }
    values = {query: bars for query, bars in values.items() if bars}
    every = [value for bars in values.values() for value in bars.values()] or [1.0]
    low, high = floor(log10(min(every))), ceil(log10(max(every)))
    parts, y = _legend(), _TOP
    for query, bars in values.items():
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + _BAR}" text-anchor="end" font-weight="bold">{query}</text>'
        )
        for server, value in bars.items():
            width = max(1.0, (log10(value) - low) / max(1, high - low) * _WIDTH)
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{width:.0f}" height="{_BAR - 1}" '
                f'fill="{_COLOURS[server]}"/>'
                f'<text x="{_LEFT + width + 5:.0f}" y="{y + _BAR - 3}">{value:.3g} ms</text>'
            )
            y += _BAR
        y += _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 90} {y}" '
        'font-family="sans-serif" font-size="11" fill="#5f6368" role="img">\n'
        "<title>CPU of server and PostgreSQL for one request</title>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _legend() -> list[str]:
    parts = [
        f'<text x="{_LEFT}" y="14">CPU of server and PostgreSQL for one request, logarithmic scale</text>'
    ]
    x = _LEFT
    for server, title in TITLES.items():
        parts.append(
            f'<rect x="{x}" y="26" width="10" height="10" fill="{_COLOURS[server]}"/>'
            f'<text x="{x + 14}" y="35">{escape(title)}</text>'
        )
        x += 32 + round(len(title) * 5.2)
    return parts
