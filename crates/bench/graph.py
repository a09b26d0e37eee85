"""Small SVG charts."""

import html
import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 46, 48
COLOURS = ["#1b6ca8", "#c8553d", "#2e7d32", "#7b1fa2", "#8d6e00", "#455a64", "#ad1457", "#00838f"]


def page(title, content, height=HEIGHT):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{html.escape(title)}</text>{content}</svg>\n'
    )


def text(x, y, content, anchor="start", colour="#333"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{html.escape(content)}</text>'


def line(x1, y1, x2, y2, colour="#ddd"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def nice_top(value):
    """The least of 1, 2, 2.5, 5 times a power of ten that is not below."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 1.02)


def lines(title, x_label, y_label, series):
    """Cost against a count, on a logarithmic axis. `series`: name to pairs of count and cost. The cost begins at zero, so that what
    is flat looks flat and nothing else does."""
    counts = sorted({count for points in series.values() for count, _ in points})
    top = nice_top(max(cost for points in series.values() for _, cost in points))
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    low, high = math.log10(counts[0]), math.log10(counts[-1])
    x = lambda count: LEFT + width * (math.log10(count) - low) / ((high - low) or 1)
    y = lambda cost: TOP + height * (1 - cost / top)
    out = []
    for step in range(6):
        cost = top * step / 5
        out += [line(LEFT, y(cost), LEFT + width, y(cost)), text(LEFT - 8, y(cost) + 4, f"{cost:g}", "end")]
    free_from = 0
    for count in counts:
        if x(count) >= free_from:  # Where there is room.
            out.append(text(x(count), TOP + height + 18, f"{count:,}", "middle"))
            free_from = x(count) + 48
    out += [text(LEFT + width / 2, HEIGHT - 10, x_label, "middle"), text(LEFT - 60, TOP - 8, y_label)]
    for (name, points), colour in zip(series.items(), COLOURS):
        path = " ".join(f"{x(count):.1f},{y(cost):.1f}" for count, cost in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(c):.1f}" cy="{y(v):.1f}" r="3" fill="{colour}"/>' for c, v in points]
        out.append(text(LEFT + width + 10, y(points[-1][1]) + 4, name, colour=colour))
    return page(title, "".join(out))


def bars(title, unit, values):
    """One bar for each name, the value written behind it."""
    row, left = 26, 220
    top = nice_top(max(values.values()))
    width, height = WIDTH - left - 70, TOP + row * len(values) + 20
    out = []
    for place, (name, value) in enumerate(values.items()):
        y, colour = TOP + row * place, COLOURS[0] if name.startswith("cognito") else "#90a4ae"
        out += [
            text(left - 8, y + 15, name, "end"),
            f'<rect x="{left}" y="{y + 3}" width="{width * value / top:.1f}" height="{row - 8}" fill="{colour}"/>',
            text(left + width * value / top + 6, y + 15, f"{value:.1f} {unit}"),
        ]
    return page(title, "".join(out), height)
