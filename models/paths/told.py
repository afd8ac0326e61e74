"""Paths in sentences: where the customer stands, what each path takes and where it ends."""

from __future__ import annotations

from models.explain.words import Text
from models.paths.paths import Path, Paths
from models.paths.words import amount_text


def headline(found: Paths) -> Text:
    """Return where the customer stands, and whether the grade can be reached."""
    now = found.now
    who = Text(
        f"{now.customer_id}截至{now.as_of}为{now.grade}级（{now.score:.2f}分）",
        f"{now.customer_id} is {now.grade} as of {now.as_of} (score {now.score:.2f})",
    )
    if found.because is not None:
        return Text(f"{who.zh}。{found.because.zh}。", f"{who.en}. {found.because.en}.")
    if not found.paths:
        return Text(
            f"{who.zh}，已达到{found.wanted}级。", f"{who.en}: {found.wanted} is held already."
        )
    return Text(
        f"{who.zh}。在{found.by}之前达到{found.wanted}级的办法如下，均已在账套副本上重新评级验证。",
        f"{who.en}. What reaches {found.wanted} by {found.by}, proved by regrading a copy of the "
        "ledger:",
    )


def path_end(path: Path) -> Text:
    """Return what a path takes, and the grade that it was proved to end in."""
    grading, amount = path.grading, amount_text(path.minor)
    return Text(
        f"所需金额{amount}，{grading.as_of}为{grading.grade}级（{grading.score:.2f}分）",
        f"takes {amount}: {grading.grade} on {grading.as_of} (score {grading.score:.2f})",
    )


def conduct_text(found: Paths) -> Text | None:
    """Return when good conduct alone is enough; None where it is not, or is not needed."""
    if found.good_conduct is None or not found.paths:
        return None
    on = found.good_conduct.as_of
    return Text(
        f"仅凭良好行为（付清逾期、照常采购并按时付款），最早于{on}达到{found.wanted}级",
        f"Good conduct alone (what is overdue paid, buying on and paying on time) reaches "
        f"{found.wanted} on {on} at the earliest",
    )
