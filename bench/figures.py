"""bench/figures: what was measured, as rows for people and as lines of JSON."""
import dataclasses
import json
import statistics

NOT_MEASURABLE = "not measurable here"


@dataclasses.dataclass
class Figure:
    """`bar` is the most that `ratio` may be, or `ours` where there is no peer; None: no bar."""

    bench: str
    figure: str
    ours: object = None
    peer: object = None
    ratio: object = None
    spread: object = None
    bar: object = None
    met: object = None
    void: str = dataclasses.field(default="", metadata={"why": "the row does not count"})

    def judged(self):
        """Sets `met` from the bar; a void row meets nothing."""
        value = self.ratio if self.ratio is not None else self.ours
        if self.void:
            self.ours = self.peer = self.ratio = self.spread = None
            self.met = False
        elif self.bar is not None and isinstance(value, (int, float)):
            self.met = value <= self.bar
        return self

    def line(self):
        keys = ("bench", "figure", "ours", "peer", "ratio", "spread", "bar", "met")
        return json.dumps({key: rounded(getattr(self, key)) for key in keys})


def rounded(value):
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, (list, tuple)):
        return [rounded(one) for one in value]
    return value


def ratio_over_rounds(ours, peer):
    """(median ratio, [quartile, quartile]) of runs of the same round."""
    ratios = sorted(a / b for a, b in zip(ours, peer))
    if len(ratios) < 4:
        return statistics.median(ratios), [ratios[0], ratios[-1]]
    quartiles = statistics.quantiles(ratios, n=4)
    return statistics.median(ratios), [quartiles[0], quartiles[2]]


def table(figures):
    head = ("bench", "figure", "ours", "peer", "ratio", "spread", "bar", "met")
    rows = [head]
    for one in figures:
        cells = []
        for key in head:
            value = rounded(getattr(one, key))
            if value is None:
                cells.append("-")
            elif value is True or value is False:
                cells.append("yes" if value else "VOID" if one.void else "NO")
            elif isinstance(value, list):
                cells.append("–".join(f"{part:g}" for part in value))
            else:
                cells.append(f"{value:g}" if isinstance(value, float) else str(value))
        rows.append(cells)
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    notes = [f"void: {one.bench}, {one.figure}: {one.void}" for one in figures if one.void]
    return "\n".join(line.rstrip() for line in lines + notes)
