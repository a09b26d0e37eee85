"""Draws charts as SVG, each in a light and a dark version: `plot.py FOLDER < CHARTS`. Runs in the environment of `requirements.txt`.

CHARTS is a JSON array. A chart has `name`, `title`, `unit` and either `bars`, an object from names to values, with those to
emphasise in `emphasis`; or `lines`, an object from names to arrays of points, with `x`, the name of the horizontal axis.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

# Okabe and Ito's colours, which people with colour blindness can tell apart; brighter ones on the dark background.
THEMES = {
    "light": {"ground": "#ffffff", "text": "#1f2328", "grid": "#d1d9e0", "muted": "#8c959f",
              "series": ["#0072b2", "#d55e00", "#00795a", "#a8578c"]},
    "dark": {"ground": "#0d1117", "text": "#f0f6fc", "grid": "#30363d", "muted": "#6e7681",
             "series": ["#56b4e9", "#e69f00", "#2ecc9a", "#d896bd"]},
}
# In inches. A page shows a graph at most this wide; on a phone the text is about half the size.
WIDTH, HEIGHT, BAR = 6.4, 3.5, 0.3


def main():
    folder = pathlib.Path(sys.argv[1])
    for chart in json.load(sys.stdin):
        for theme, colours in THEMES.items():
            draw(chart, colours, folder / f"{chart['name']}-{theme}.svg")


def draw(chart, colours, file):
    settings = {
        "font.size": 11, "text.color": colours["text"], "axes.labelcolor": colours["text"], "xtick.color": colours["text"],
        "ytick.color": colours["text"], "axes.edgecolor": colours["grid"], "grid.color": colours["grid"],
        "axes.facecolor": colours["ground"], "figure.facecolor": colours["ground"], "axes.spines.top": False,
        "axes.spines.right": False, "axes.axisbelow": True, "legend.frameon": False,
        # The same results give the same bytes.
        "svg.hashsalt": chart["name"],
    }
    with plt.rc_context(settings):
        figure = (bars if "bars" in chart else lines)(chart, colours)
        figure.suptitle(chart["title"], x=0.015, ha="left", fontsize=12, fontweight="bold")
        figure.savefig(file, metadata={"Date": None, "Title": chart["title"]})
        plt.close(figure)


def bars(chart, colours):
    names, values = list(chart["bars"]), list(chart["bars"].values())
    figure, axes = plt.subplots(figsize=(WIDTH, 0.9 + BAR * len(names)), layout="constrained")
    colour = [colours["series"][0] if name in chart["emphasis"] else colours["muted"] for name in names]
    drawn = axes.barh(names, values, color=colour, height=0.66)
    axes.bar_label(drawn, labels=[f"{value:.1f} {chart['unit']}" for value in values], padding=4)
    axes.invert_yaxis()
    # Room for the label of the longest bar.
    axes.set_xlim(0, max(values) * 1.18)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def lines(chart, colours):
    """A logarithmic horizontal axis, and a vertical axis from zero, so that what is flat looks flat."""
    figure, axes = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    for (name, points), colour, marker in zip(chart["lines"].items(), colours["series"], "osD^"):
        axes.plot(*zip(*points), color=colour, marker=marker, markersize=5, linewidth=2, label=name)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0, top=1.08 * max(cost for points in chart["lines"].values() for _, cost in points))
    ticks = powers({count for points in chart["lines"].values() for count, _ in points})
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    axes.set_xlabel(chart["x"])
    axes.set_ylabel(chart["unit"])
    axes.grid(axis="y")
    if len(chart["lines"]) > 1:
        # Below the graph, where no line is.
        figure.legend(loc="outside lower center", ncols=2)
    return figure


def powers(counts):
    """The powers of ten among the counts, and the counts at both ends if none is near."""
    ends = {min(counts), max(counts)}
    inner = {10 ** power for power in range(9) if min(counts) < 10 ** power < max(counts)}
    return sorted(ends | {count for count in inner if all(max(count, end) / min(count, end) > 2 for end in ends)})


if __name__ == "__main__":
    main()
