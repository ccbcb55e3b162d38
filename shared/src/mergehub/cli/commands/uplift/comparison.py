"""Several models beside each other, each compared with the first."""

from __future__ import annotations

from mergehub.cli.commands.uplift.parts import Answer, difference, forest, row, score
from mergehub.cli.output import show, table
from mergehub.cli.pictures.drawing import Picture
from mergehub.cli.pictures.forest import Row
from mergehub.cli.pictures.forest import forest as plotted


def show_answer(answer: Answer) -> None:
    """Print the scores, then the differences of each model to the first as table and plot."""
    names = [each["model"] for each in answer["models"]]
    shown = table("benchmark", *names)
    for label, part in _parts(answer):
        shown.add_row(label, *(score(each, 1) for each in part["scores"]))
    show(shown)
    for place, name in enumerate(names[1:], 1):
        compared = table("", "difference", "compared", "verdict")
        compared.title, compared.title_justify = f"\n{name} minus {names[0]}", "left"
        rows = []
        for label, part in _parts(answer):
            if told := part["differences"][place]:
                compared.add_row(label, *difference(told, 2))
                rows.append(row(label, told))
        show(compared)
        if rows:
            show(forest(rows))


def picture(answer: Answer) -> Picture:
    """The differences of all models to the first, benchmark by benchmark."""
    first = answer["models"][0]["model"]
    return plotted(f"Differences to {first}", _rows(answer), "points, with 95 % intervals")


def _rows(answer: Answer) -> list[Row]:
    names = [each["model"] for each in answer["models"]]
    return [
        row(f"{name}: {label}", told)
        for place, name in enumerate(names)
        for label, part in _parts(answer)
        if (told := part["differences"][place])
    ]


def _parts(answer: Answer) -> list[tuple[str, Answer]]:
    parts = [(each["benchmark"], each) for each in answer["benchmarks"]]
    parts += [(f"{each['domain']} (domain)", each) for each in answer["domains"]]
    return [*parts, ("mean", answer["mean"])]
