"""A change in words, with the ledger rows that came, went or changed between its two days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.evidence import NOTHING, EvidenceRow
from models.adjustments import KINDS
from models.bands import is_better
from models.explain.change import Change
from models.explain.reasons import LEAST_POINTS, FindRows
from models.explain.words import Text, block_sentence, moved_sentence, points_text

MOST_PARTS = 4
Moved = tuple[tuple[str, EvidenceRow], ...]


@dataclass(frozen=True)
class ToldChange:
    """A change with its sentence and evidence.

    Attributes
    ----------
    change : Change
        The exact account.
    sentence : Text
        What a person reads.
    evidence : mapping of str to tuple of (state, EvidenceRow)
        By feature, the rows that its evidence predicate selects on one of the days only, or
        with other content: ``entered`` (now and not then), ``left`` (then and not now, shown
        as it was) or ``changed`` (as it is now).
    """

    change: Change
    sentence: Text
    evidence: Mapping[str, Moved]


def told_changes(changes: Sequence[Change], find_rows: FindRows) -> list[ToldChange]:
    """Return each change with its sentence and the rows behind the features that moved it.

    Parameters
    ----------
    changes : sequence of Change
        From `models.explain.change.changes`.
    find_rows : callable
        From a feature and (customer, day) pairs to all rows behind it.
    """
    wanted: dict[str, list[int]] = {}
    for place, change in enumerate(changes):
        for moved in change.features:
            if moved.points != 0:
                wanted.setdefault(moved.feature, []).append(place)
    evidence: list[dict[str, Moved]] = [{} for _ in changes]
    for feature, places in sorted(wanted.items()):
        keys = [
            (side.customer_id, side.as_of)
            for place in places
            for side in (changes[place].before, changes[place].after)
        ]
        found = find_rows(feature, keys)
        for place in places:
            before, after = changes[place].before, changes[place].after
            rows = _difference(
                found.get((before.customer_id, before.as_of), NOTHING).rows,
                found.get((after.customer_id, after.as_of), NOTHING).rows,
            )
            if rows:
                evidence[place][feature] = rows
    return [
        ToldChange(change, change_sentence(change), rows)
        for change, rows in zip(changes, evidence, strict=True)
    ]


def change_sentence(change: Change) -> Text:
    """Return what happened to the grade, the score, and what moved it most."""
    parts = [
        (0, -abs(m.points), moved_sentence(m.feature, m.before, m.after, m.points))
        for m in change.features
        if abs(m.points) >= LEAST_POINTS
    ]
    # the end of the scale says nothing of the customer: it is told where there is room
    parts += [
        (int(kind == "bound"), -abs(points), block_sentence(kind, points))
        for kind, points in change.blocks.items()
        if kind in ("model", "policy", *KINDS) and abs(points) >= LEAST_POINTS
    ]
    parts.sort(key=lambda part: part[:2])
    told = [text for _, _, text in parts[:MOST_PARTS]]
    opening = _opening(change)
    if not told:
        return Text(f"{opening.zh}。", f"{opening.en}.")
    return Text(
        f"{opening.zh}：" + "；".join(text.zh for text in told) + "。",
        f"{opening.en}: " + "; ".join(text.en for text in told) + ".",
    )


def _opening(change: Change) -> Text:
    before, after = change.before, change.after
    by = points_text(after.score - before.score)
    scores = f"{before.score:.1f}", f"{after.score:.1f}"
    if before.grade == after.grade:
        zh, en = f"等级保持{after.grade}", f"The grade stays {after.grade}"
    elif is_better(after.grade, before.grade):
        zh = f"等级由{before.grade}升至{after.grade}"
        en = f"The grade rose from {before.grade} to {after.grade}"
    else:
        zh = f"等级由{before.grade}降至{after.grade}"
        en = f"The grade fell from {before.grade} to {after.grade}"
    return Text(
        f"{zh}，得分由{scores[0]}变为{scores[1]}（{by.zh}）",
        f"{en}, the score went from {scores[0]} to {scores[1]} ({by.en})",
    )


def _difference(before: Sequence[EvidenceRow], after: Sequence[EvidenceRow]) -> Moved:
    then = {_key(row): row for row in before}
    now = {_key(row): row for row in after}
    entered = [("entered", row) for key, row in now.items() if key not in then]
    changed = [
        ("changed", row)
        for key, row in now.items()
        if key in then and _content(row) != _content(then[key])
    ]
    left = [("left", row) for key, row in then.items() if key not in now]
    return tuple(entered + changed + left)


def _key(row: EvidenceRow) -> tuple[object, ...]:
    """Return what makes a row itself; a score is one by its day and source too."""
    return row.table, row.row_id, row.fields.get("published_on"), row.fields.get("source")


def _content(row: EvidenceRow) -> dict[str, object]:
    """Return what the ledger says of a row; days late of an open invoice pass by themselves."""
    return {name: value for name, value in row.fields.items() if name != "days_late"}
