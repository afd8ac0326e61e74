"""How many customers a new model would give another grade."""

from __future__ import annotations

from models.explain.words.text import Text
from models.grading import grade_snapshots
from training.gates.evidence import Evidence
from training.gates.gate import Gate


def migration(evidence: Evidence) -> Gate:
    """Grade the current book by both models and hold the share that moves against the limit.

    Both sides have the same prior grades and the same policy: what moves is the model's doing.
    """
    book, case, champion = evidence.book, evidence.case, evidence.champion
    prior = case.prior_grades(book.as_of[0].item()) if len(book) else {}
    # also where nothing is compared: a model that the policy cannot grade with must not pass
    after = grade_snapshots(book, evidence.bundle, case.policy, prior_grades=prior)
    limit = case.policy.promotion.most_migration
    if isinstance(champion, Text):
        return Gate("migration", True, None, limit, champion)
    before = grade_snapshots(book, champion, case.policy, prior_grades=prior)
    pairs = [(a.grade, b.grade) for a, b in zip(before, after, strict=True)]
    up, down = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    share = (up + down) / max(len(pairs), 1)
    return Gate(
        "migration",
        share <= limit,
        share,
        limit,
        Text(
            f"{len(pairs)}户客户中{up + down}户等级改变（{share:.1%}）：上调{up}户，下调{down}户；"
            f"上限{limit:.0%}",
            f"{up + down} of {len(pairs)} customers change grade ({share:.1%}): {up} up, {down} "
            f"down; at most {limit:.0%} may",
        ),
    )
