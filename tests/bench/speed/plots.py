"""Pictures of a report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matplotlib import pyplot as plt

from speed.report import Report, Result
from speed.work import ALL

STACKS: Final = ("floor", "litestar", "platform", "template")


def draw(report: Report, folder: Path) -> Iterator[Path]:
    """Draw what *report* has figures of; yield the files."""
    works = [work.name for work in ALL if any(report.of(work.name, "requests/s"))]
    if works:
        yield _draw_stacks(report, works, folder / "stacks.png")
    for group, unit in (("modules", "requests/s"), ("start", "ms"), ("memory of a worker", "MB")):
        results = [each for each in report.of(group, unit) if each.what.split()[0].isdigit()]
        if len(results) > 1:
            yield _draw_growth(group, results, folder / f"{group.replace(' ', '_')}.png")


def _draw_stacks(report: Report, works: list[str], path: Path) -> Path:
    figure, panels = plt.subplots(1, len(works), figsize=(3 * len(works), 4), squeeze=False)
    for panel, work in zip(panels[0], works, strict=True):
        rates = {each.what: each.spread for each in report.of(work, "requests/s")}
        medians = [rates[stack].median for stack in STACKS]
        spread = [
            [rates[stack].median - rates[stack].lowest for stack in STACKS],
            [rates[stack].highest - rates[stack].median for stack in STACKS],
        ]
        panel.bar(STACKS, medians, yerr=spread, capsize=3)
        panel.set_title(work)
        panel.tick_params(axis="x", rotation=45)
    panels[0][0].set_ylabel("requests a second")
    return _save(figure, path)


def _draw_growth(group: str, results: list[Result], path: Path) -> Path:
    figure, panel = plt.subplots(figsize=(5, 4))
    counts = [int(each.what.split()[0]) for each in results]
    panel.plot(counts, [each.spread.median for each in results], marker="o")
    panel.fill_between(
        counts,
        [each.spread.lowest for each in results],
        [each.spread.highest for each in results],
        alpha=0.2,
    )
    panel.set(title=group, xlabel="modules", ylabel=results[0].unit, ylim=(0, None))
    return _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> Path:
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
    return path
