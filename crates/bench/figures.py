"""Figures of a run: medians of several rounds, with the range of the middle half of the rounds."""

from statistics import median, quantiles


class Figure:
    """The median of the rounds, and between which values the middle half of them are."""

    def __init__(self, values):
        self.values = list(values)
        self.median = median(self.values)
        self.low, _, self.high = quantiles(self.values, n=4, method="inclusive") if len(self.values) > 1 else self.values * 3

    def show(self, unit="", digits=None):
        """The median and the range, all with as many digits as the median needs."""
        digits = digits_of(self.median) if digits is None else digits
        text = f"{self.median:,.{digits}f}{unit}"
        return text if len(self.values) == 1 else f"{text} ({self.low:,.{digits}f}–{self.high:,.{digits}f})"


def cpu_rounds(results, server, load):
    """Microseconds of CPU of the server per request, one for each round. Servers that differ by little are compared by the rounds in
    which only they ran."""
    pairs, loopback = results["pairs"], results["loopback"]
    if load in pairs and server in pairs[load][0]:
        return [round[server] / 1000 for round in pairs[load]]
    return [round["cpu_ns"] / 1000 for round in loopback[server][load]]


def digits_of(value):
    """Decimals, so that three digits are shown, or four."""
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3


def number(value, unit=""):
    return f"{value:,.{digits_of(value)}f}{unit}"


def more(micros):
    """A difference in words, so that a sentence stays true if noise makes it negative."""
    return f"{number(abs(micros))} µs {'more' if micros >= 0 else 'less'}"


def ratio(above, below):
    """The ratio within each round: what disturbs one of the two in a round disturbs the other too."""
    return Figure(a / b for a, b in zip(above, below))


def difference(above, below):
    return Figure(a - b for a, b in zip(above, below))
