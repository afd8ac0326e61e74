"""How the account of a change begins: the grade, the score, and why they parted if they did."""

from __future__ import annotations

from models.bands import is_better
from models.explain.change import Change
from models.explain.rounding import TENTHS, tenths_of_score
from models.explain.words.figures import points_text
from models.explain.words.lines import ceiling_text, line_of
from models.explain.words.text import EMPTY, Text

_NOT_BY_DATA = ("model", "policy", "hysteresis", "override")
_NOTHING = 0.05  # points: less would be told as 0.0


def opening(change: Change) -> Text:
    """Return what became of grade and score, as one sentence without its full stop.

    Parameters
    ----------
    change : Change
        Its scores are told in tenths, cut: so 79.99 never looks like the 80.0 of a better grade.
    """
    before, after = change.before, change.after
    grade = _grade(before.grade, after.grade)
    first, last = tenths_of_score(before.score), tenths_of_score(after.score)
    then, now = (f"{score / TENTHS:.1f}" for score in (first, last))
    if first == last:
        alike = before.grade == after.grade
        en = f" and the score {now}" if alike else f", the score stays {now}"
        return Text(f"{grade.zh}，得分保持{now}", grade.en + en)
    by, rose = points_text((last - first) / TENTHS), last > first
    zh = f"{grade.zh}，得分由{then}{'升至' if rose else '降至'}{now}（{by.zh}）"
    if before.grade != after.grade and is_better(after.grade, before.grade) == rose:
        return Text(zh, f"{grade.en} and the score from {then} to {now} ({by.en})")
    verb = "rose" if rose else "fell"
    return Text(zh, f"{grade.en}, the score {verb} from {then} to {now} ({by.en})")


def _grade(before: str, after: str) -> Text:
    if before == after:
        return Text(f"等级保持{after}", f"The grade stays {after}")
    if is_better(after, before):
        return Text(f"等级由{before}升至{after}", f"The grade rose from {before} to {after}")
    return Text(f"等级由{before}降至{after}", f"The grade fell from {before} to {after}")


def remark(change: Change) -> Text:
    """Return why score and grade did not go together, or what moved neither; else nothing."""
    if change.before.grade != change.after.grade:
        return _without_data(change)
    if all(points == 0 for points in change.blocks.values()):
        return Text("没有影响得分的变化", "nothing that moves the score has changed")
    return _why_it_stays(change)


def _without_data(change: Change) -> Text:
    """Return that the customer's data did it not, where that is so."""
    others = {kind for kind, points in change.blocks.items() if kind != "data" and points != 0}
    other_policy = change.before.policy_version != change.after.policy_version
    if other_policy and change.before.score == change.after.score:
        return Text("新政策的级别线不同", "the new policy has other bands")
    if change.before.as_of == change.after.as_of:
        return EMPTY  # one day's facts under two policies or models: of course they are the same
    if abs(change.blocks["data"]) >= _NOTHING or not others <= {*_NOT_BY_DATA, "bound"}:
        return EMPTY
    return Text(
        "客户数据的变动合计不足0.1分，并非等级变动的原因",
        "the customer's data moved it by less than 0.1 points and are not why the grade changed",
    )


def _why_it_stays(change: Change) -> Text:
    before, after = change.before, change.after
    if line_of(after, "override") is not None:
        return Text(
            f"经审批的人工调整使等级保持{after.grade}",
            f"the override that people granted keeps it at {after.grade}",
        )
    if line_of(after, "hysteresis") is not None:
        return Text(
            "升级须超出级别线一定余量，目前未达到，等级因此不变",
            "an upgrade needs a margin above the edge, which is not reached, so the grade stays",
        )
    ceiling = line_of(after, "ceiling")
    if ceiling is not None and ceiling.points < 0:
        what = ceiling_text(ceiling)
        return Text(
            f"{what.zh}使等级不高于{after.grade}", f"{what.en} keeps the grade at {after.grade}"
        )
    if tenths_of_score(before.score) == tenths_of_score(after.score):
        return EMPTY
    return Text(
        f"两个得分都在{after.grade}级区间内", f"both scores lie within the band of {after.grade}"
    )
