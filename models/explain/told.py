"""A change in words, with the ledger rows that came, went or changed between its two days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from features.moved_rows import MovedRow
from models.adjustments import KINDS
from models.explain.change import Change
from models.explain.reasons import LEAST_POINTS
from models.explain.rounding import TENTHS, adding_up, tenths_of_score
from models.explain.words.days import Span
from models.explain.words.figures import number_word, points_text
from models.explain.words.lines import block_clause
from models.explain.words.opening import opening, remark
from models.explain.words.stories import Moved, stories_of, story_clause
from models.explain.words.text import EMPTY, Text, sentence_case

MOST_REASONS = 4
FindMoved = Callable[[Sequence[Change]], Sequence[Mapping[str, tuple[MovedRow, ...]]]]


@dataclass(frozen=True)
class ToldChange:
    """A change with its sentence and evidence.

    Attributes
    ----------
    change : Change
        The exact account.
    sentence : Text
        What a person reads.
    evidence : mapping of str to tuple of MovedRow
        By feature that moved the points, the ledger rows behind it.
    """

    change: Change
    sentence: Text
    evidence: Mapping[str, tuple[MovedRow, ...]]


@dataclass(frozen=True)
class _Part:
    """What may be told of a change: a story, or a block that is no data."""

    points: float
    story: Moved | None = None
    block: str = ""

    @property
    def rank(self) -> tuple[bool, float]:
        # the end of the scale says nothing of the customer: it is told where there is room
        return self.block == "bound", -abs(self.points)


def told_changes(changes: Sequence[Change], find: FindMoved) -> list[ToldChange]:
    """Return each change with its sentence and the rows behind the features that moved it.

    Parameters
    ----------
    changes : sequence of Change
        From `models.explain.change.changes`.
    find : callable
        From the changes to the rows of each, by feature: all rows, for they are counted.
    """
    return [
        ToldChange(change, change_sentence(change, evidence), evidence)
        for change, evidence in zip(changes, find(changes), strict=True)
    ]


def change_sentence(change: Change, evidence: Mapping[str, Sequence[MovedRow]]) -> Text:
    """Return what happened to the grade and the score, and what moved them most.

    At most four reasons are told, the largest first; whatever else moved the points is told as
    one sum. Scores and points are in tenths, and the points add up to the difference of the
    scores as told.

    Parameters
    ----------
    change : Change
        The exact account.
    evidence : mapping of str to sequence of MovedRow
        By feature, every row that moved it; a feature without rows is told by its value.
    """
    parts = _parts(change)
    told = [part for part in parts if abs(part.points) >= LEAST_POINTS][:MOST_REASONS]
    others = [part for part in parts if part not in told]
    total = tenths_of_score(change.after.score) - tenths_of_score(change.before.score)
    *tenths, rest = adding_up(
        [*(part.points for part in told), sum(part.points for part in others)], total
    )
    span = Span(change.before.as_of, change.after.as_of)
    reasons = [
        _with_points(_clause(part, change, evidence, span), points)
        for part, points in zip(told, tenths, strict=True)
        if points
    ]
    if rest:
        reasons.append(_with_points(_others(len(others)), rest))
    return _assembled(opening(change), remark(change), reasons)


def _parts(change: Change) -> list[_Part]:
    """Return all that moved the points: the stories of the data and the other blocks."""
    parts = [_Part(story.points, story=story) for story in stories_of(change.features)]
    parts += [
        _Part(change.blocks[kind], block=kind)
        for kind in ("model", "policy", *KINDS)
        if change.blocks[kind] != 0
    ]
    return sorted(parts, key=lambda part: part.rank)


def _clause(
    part: _Part, change: Change, evidence: Mapping[str, Sequence[MovedRow]], span: Span
) -> Text:
    if part.story is not None:
        return story_clause(part.story, evidence, span)
    return block_clause(part.block, part.points, change.before, change.after)


def _others(number: int) -> Text:
    if number == 1:
        return Text("另有1项", "one other item")
    return Text(f"其余{number}项合计", f"{number_word(number)} other items together")


def _with_points(clause: Text, tenths: int) -> Text:
    worth = points_text(tenths / TENTHS)
    return sentence_case(Text(f"{clause.zh}：{worth.zh}", f"{clause.en}: {worth.en}"))


def _assembled(first: Text, why: Text, reasons: Sequence[Text]) -> Text:
    zh, en = first.zh, first.en
    if why != EMPTY:
        zh, en = f"{zh}，{why.zh}", f"{en}: {why.en}"
    told = "；".join(reason.zh for reason in reasons)
    return Text(
        f"{zh}。{told}。" if told else f"{zh}。",
        " ".join(f"{sentence}." for sentence in (en, *(reason.en for reason in reasons))),
    )
