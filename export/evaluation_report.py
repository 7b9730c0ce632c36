"""The report of an evaluation: JSON for programs, Markdown for a README, a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jinja2

from .evaluate import OURS, PHOTOGRAPH, EvaluationOptions, Picture, Score, score
from .pictures import write_bytes, write_picture
from .report_folder import replacing

FORMAT, VERSION = "stylecam.evaluation", 1
JSON_NAME, MARKDOWN_NAME, PAGE_NAME = "evaluation.json", "evaluation.md", "evaluation.html"
PICTURES = "pictures"
_TEMPLATE = Path(__file__).with_name("evaluation.html.j2")


def summarize(pictures: Sequence[Picture]) -> dict[str, float]:
    """What the evaluation says in few numbers.

    Returns:
        ``worst_style_share``: the largest style loss of a style, over that of the photographs.
        ``total_vs_NAME``: our total over that of a contender, of the same photographs in the same
        styles; the mean of the ratios.
        ``faster_than_NAME``: how many times faster than it we are, likewise.
    """
    table = {(s.style, s.contender): s for s in score(pictures)}
    ours = {(p.style, p.photograph): p for p in pictures if p.contender == OURS}
    summary = {
        "worst_style_share": max(
            table[style, OURS].style_loss / table[style, PHOTOGRAPH].style_loss
            for style in dict.fromkeys(style for style, _ in ours)
        )
    }
    for name in dict.fromkeys(p.contender for p in pictures):
        if name in (OURS, PHOTOGRAPH):
            continue
        pairs = [(ours[p.style, p.photograph], p) for p in pictures if p.contender == name]
        summary[f"total_vs_{name}"] = _mean([a.total / b.total for a, b in pairs])
        times = [(a.milliseconds, b.milliseconds) for a, b in pairs]
        ratios = [b / a for a, b in times if a and b]
        if ratios:
            summary[f"faster_than_{name}"] = _mean(ratios)
    return summary


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def to_json(
    pictures: Sequence[Picture], options: EvaluationOptions, context: Mapping[str, Any]
) -> dict[str, Any]:
    """The report as plain values, numbers rounded to four digits.

    Args:
        pictures: of all styles and contenders.
        options: of the evaluation.
        context: model, loss network, machine, versions.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        **context,
        "options": asdict(options),
        "summary": {key: _rounded(value) for key, value in summarize(pictures).items()},
        "scores": [
            {key: _rounded(value) for key, value in asdict(line).items()}
            for line in score(pictures)
        ],
    }


def _rounded(value: Any) -> Any:  # noqa: ANN401 - numbers and names alike
    return float(f"{value:.4g}") if isinstance(value, float) else value


HEADINGS = ("style", "painted by", "pictures", "content", "style loss", "share", "total", "time")


def to_rows(scores: Sequence[Score]) -> list[tuple[str, ...]]:
    """The table under `HEADINGS`; ``share`` is the style loss over the photograph's."""
    photographs = {s.style: s for s in scores if s.contender == PHOTOGRAPH}
    return [
        (
            s.style,
            s.contender,
            str(s.photographs),
            f"{s.content:.3f}",
            f"{s.style_loss:.3f}",
            f"{s.style_loss / photographs[s.style].style_loss:.1%}",
            f"{s.total:.2f}",
            _time(s.milliseconds),
        )
        for s in scores
    ]


def _time(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds:.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def to_markdown(scores: Sequence[Score]) -> str:
    """The table in Markdown."""
    lines = [HEADINGS, ("-",) * 2 + ("-:",) * 6, *to_rows(scores)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_report(folder: Path, pictures: Sequence[Picture], report: Mapping[str, Any]) -> None:
    """Write all parts into ``folder``, see `replacing`.

    Raises:
        SinkError: a file cannot be written; ``folder`` is as it was.
    """
    with replacing(folder) as temporary:
        (temporary / PICTURES).mkdir()
        _write_parts(temporary, pictures, report)


def _write_parts(folder: Path, pictures: Sequence[Picture], report: Mapping[str, Any]) -> None:
    shown: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for number, picture in enumerate(pictures):
        name = f"{PICTURES}/{number:04}.jpg"
        write_picture(folder / name, picture.image)
        photographs = shown.setdefault(picture.style, {})
        photographs.setdefault(picture.photograph, []).append((picture.contender, name))
    scores = score(pictures)
    write_bytes(folder / JSON_NAME, (json.dumps(report, indent=1) + "\n").encode())
    write_bytes(folder / MARKDOWN_NAME, to_markdown(scores).encode())
    write_bytes(folder / PAGE_NAME, _page(scores, shown, report).encode())


def _page(
    scores: Sequence[Score],
    shown: Mapping[str, Mapping[str, Sequence[tuple[str, str]]]],
    report: Mapping[str, Any],
) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        headings=HEADINGS, rows=to_rows(scores), shown=shown, report=report, ours=OURS
    )
