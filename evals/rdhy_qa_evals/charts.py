"""The report's pictures: small SVG drawings that take their colours from the page."""

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 420, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 40

Point = tuple[float, float]


def plot(
    title: str,
    x_label: str,
    y_label: str,
    lines: Sequence[tuple[str, Sequence[Point]]],
    *,
    dots: Sequence[tuple[str, Point]] = (),
    x_max: float = 1.0,
    y_max: float = 1.0,
) -> str:
    """Lines and single dots over axes that start at 0. A line's or dot's name is its style class: ``curve``, ``ideal``,
    ``point``.
    """
    parts = [_open(title), *_axes(x_label, y_label, x_max, y_max)]
    for name, points in lines:
        path = " ".join(f"{_x(x, x_max):.1f},{_y(y, y_max):.1f}" for x, y in points)
        parts.append(f'<polyline class="{name}" points="{path}"/>')
    for label, (x, y) in dots:
        parts.append(f'<circle class="point" cx="{_x(x, x_max):.1f}" cy="{_y(y, y_max):.1f}" r="5"/>')
        anchor = "end" if x > 0.6 * x_max else "start"
        shift = -9 if anchor == "end" else 9
        below = _y(y, y_max) + (20 if y > 0.15 * y_max else -20)
        parts.append(
            f'<text class="label" x="{_x(x, x_max) + shift:.1f}" y="{below:.1f}" '
            f'text-anchor="{anchor}">{escape(label)}</text>'
        )
    return "".join([*parts, "</svg>"])


def bars(title: str, rows: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> str:
    """A stacked bar a row, each part with its style class and count, over the row's name and total."""
    step, left = 24, 132
    height = step * len(rows) + 8
    most = max((sum(count for _, count in parts) for _, parts in rows), default=1)
    scale = (_WIDTH - left - 40) / most
    drawn = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
    ]
    for number, (name, parts) in enumerate(rows):
        y, at = step * number + 4, float(left)
        drawn.append(f'<text class="label" x="{left - 6}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
        for style, count in parts:
            if count:
                hint = f"{name}: {count} {style}"
                drawn.append(
                    f'<rect class="{style}" x="{at:.1f}" y="{y}" width="{count * scale:.1f}" height="17">'
                    f"<title>{escape(hint)}</title></rect>"
                )
                at += count * scale
        total = sum(count for _, count in parts)
        drawn.append(f'<text class="label" x="{at + 5:.1f}" y="{y + 13}">{total}</text>')
    return "".join([*drawn, "</svg>"])


def histogram(
    title: str, x_label: str, values: Sequence[float], *, marks: Sequence[tuple[str, float]], bins: int = 24
) -> str:
    """How often values fall into each of a number of equal ranges, with marked places."""
    high = max(values, default=1.0) * 1.02 or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(int(value / high * bins), bins - 1)] += 1
    top = max(counts) or 1
    parts = [_open(title), *_axes(x_label, "questions", high, float(top))]
    for number, count in enumerate(counts):
        x, width = _x(number * high / bins, high), (_WIDTH - _LEFT - _RIGHT) / bins
        y = _y(count, top)
        parts.append(
            f'<rect class="right" x="{x:.1f}" y="{y:.1f}" width="{max(width - 1, 1):.1f}" '
            f'height="{_y(0, top) - y:.1f}"/>'
        )
    for label, value in marks:
        x = _x(value, high)
        parts.append(
            f'<line class="ideal" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_y(0, 1):.1f}"/>'
            f'<text class="label" x="{x + 4:.1f}" y="{_TOP + 10}">{escape(label)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _open(title: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
    )


def _axes(x_label: str, y_label: str, x_max: float, y_max: float) -> list[str]:
    parts = [
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(0, 1):.1f}" y2="{_y(0, 1):.1f}"/>',
        f'<line class="axis" x1="{_LEFT}" x2="{_LEFT}" y1="{_TOP}" y2="{_y(0, 1):.1f}"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1.0):
        below, beside = f'x="{_x(tick, 1):.1f}" y="{_HEIGHT - 24}"', f'x="{_LEFT - 6}" y="{_y(tick, 1) + 4:.1f}"'
        parts.append(f'<text class="tick" {below} text-anchor="middle">{_number(tick * x_max)}</text>')
        parts.append(f'<text class="tick" {beside} text-anchor="end">{_number(tick * y_max)}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text class="label" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    upright = f'transform="rotate(-90 11 {_HEIGHT / 2:.0f})"'
    parts.append(
        f'<text class="label" x="11" y="{_HEIGHT / 2:.0f}" text-anchor="middle" {upright}>{escape(y_label)}</text>'
    )
    return parts


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:g}" if value == int(value) else f"{value:.2f}"


def _x(value: float, high: float) -> float:
    return _LEFT + value / high * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, high: float) -> float:
    return _HEIGHT - _BOTTOM - value / high * (_HEIGHT - _TOP - _BOTTOM)
