"""Curves as a small SVG, without a plotting library."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 60, 150, 20, 45
COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#9c755f", "#76b7b2", "#edc948", "#bab0ac", "#ff9da7")


def curves(values: Mapping[str, Sequence[float]], *, strong: str, down: str, along: str = "round") -> str:
    """One line a name over 1, 2, ...; `strong` is drawn thick. The names stand at the ends of their lines, apart."""
    every = [value for row in values.values() for value in row]
    low, high = min(every), max(every)
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    count = max(map(len, values.values()))

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * place / max(count - 1, 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        "<style>text { font-size: 12px }</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for step in range(5):
        value = low + (high - low) * step / 4
        parts.append(
            f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2f}</text>'
        )
    ends = sorted(values, key=lambda name: values[name][-1])
    places: dict[str, float] = {}
    lowest = float(HEIGHT)
    for name in ends:
        lowest = places[name] = min(y(values[name][-1]) + 4, lowest - 14)
    order = sorted(values, key=lambda name: name == strong)
    for number, name in enumerate(order):
        colour = "#d62728" if name == strong else COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(values[name]))
        width = 3 if name == strong else 1.5
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{places[name]:.1f}" fill="{colour}">{escape(name)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(along)} 1 to {count}</text>')
    parts.append(
        f'<text transform="translate(14 {HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle">{escape(down)}</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"
