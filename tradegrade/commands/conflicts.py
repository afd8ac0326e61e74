"""The command that tells where rules and model disagree."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest
from pathlib import Path

import click

from features.snapshot import snapshots
from models.book import asked_pairs, graded
from models.conflicts import (
    BANDS_APART,
    SHOWN_PARTS,
    Conflict,
    Part,
    conflict_document,
    conflict_sentence,
    conflicts_of,
    part_text,
)
from models.explain.words import Text
from tradegrade.options import (
    DAY,
    bundle_option,
    json_option,
    lang_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import note, print_json
from tradegrade.workspace import grader, ledger_of, prior_grades

_WIDTH = 58  # of the rules' column


@click.command()
@ledger_option()
@click.option("--as-of", type=DAY, required=True, help="Day of the grades.")
@click.option(
    "--bands",
    type=click.IntRange(1, 3),
    default=BANDS_APART,
    show_default=True,
    help="From how many bands apart on.",
)
@click.option("--customer", help="One customer only.")
@bundle_option()
@policy_option()
@lang_option()
@json_option()
def conflicts(
    ledger: Path,
    as_of: date,
    bands: int,
    customer: str | None,
    bundle: str | None,
    policy: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Tell whom the rules and the model would grade bands apart, with both accounts."""
    grading = grader(bundle, policy)
    with ledger_of(ledger, grading, as_of) as opened:
        pairs = asked_pairs(opened, as_of, None if customer is None else [customer])
        rows = snapshots(opened, pairs)
        explanations = graded(rows, grading, prior_grades=prior_grades(as_of), overrides={})
    found = conflicts_of(explanations, grading, bands=bands)
    if as_json:
        print_json(conflict_document(conflict) for conflict in found)
    else:
        for conflict in found:
            _print(conflict, lang)
    note(f"{len(found)} of {len(rows)} customers: rules and model are {bands} bands apart or more")


def _print(conflict: Conflict, lang: str) -> None:
    """Print one conflict: the sentence, then both accounts side by side."""
    grading = conflict.grading
    head = Text(
        f"{grading.customer_id} {grading.as_of} {grading.grade}级（{grading.score:.2f}分）",
        f"{grading.customer_id} {grading.as_of} grade {grading.grade} (score {grading.score:.2f})",
    )
    click.echo(f"{head.of(lang)}  {conflict_sentence(conflict).of(lang)}")
    _line(Text("规则", "rules").of(lang), Text("模型", "model").of(lang))
    references = (conflict.rules.reference, conflict.model.reference)
    start = Text("参照客户", "the reference customer").of(lang)
    _line(*(f"{points:8.2f}  {start}" for points in references))
    sides = (conflict.rules.parts, conflict.model.parts)
    for left, right in zip_longest(*(side[:SHOWN_PARTS] for side in sides)):
        _line(_part(left, lang), _part(right, lang))
    _line(*(_rest(side, lang) for side in sides))
    end = Text("得分", "the score").of(lang)
    _line(f"{conflict.rules.score:8.2f}  {end}", f"{conflict.model.score:8.2f}  {end}")
    click.echo("")


def _part(part: Part | None, lang: str) -> str:
    return "" if part is None else f"{part.points:+8.2f}  {part_text(part).of(lang)}"


def _rest(parts: tuple[Part, ...], lang: str) -> str:
    left = parts[SHOWN_PARTS:]
    if not left:
        return ""
    told = Text(f"其他{len(left)}项", f"{len(left)} others").of(lang)
    return f"{sum(part.points for part in left):+8.2f}  {told}"


def _line(left: str, right: str) -> None:
    # a Chinese letter takes the room of two
    wide = sum(1 for letter in left if ord(letter) > 0x2E80)
    click.echo(f"  {left}{' ' * max(_WIDTH - len(left) - wide, 1)}| {right}".rstrip())
