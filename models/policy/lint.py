"""Rules of a policy that can never bite or always do: by its text alone, and in a book."""

from __future__ import annotations

from collections.abc import Mapping

from features.matrix import Snapshots
from models.bundle import Bundle
from models.grading import grade_snapshots
from models.policy.bites import book_findings
from models.policy.findings import Finding, by_severity
from models.policy.lint_curves import curve_findings
from models.policy.lint_loss import loss_findings
from models.policy.lint_rules import rule_findings
from models.policy.lint_terms import terms_findings
from models.policy.sections import Policy


def policy_findings(policy: Policy) -> list[Finding]:
    """Return what a policy's text alone tells: rules that bite nobody or everybody in any book.

    What `models.policy.load.load_policy` refuses is not looked for here.

    Examples
    --------
    >>> from models.policy.load import load_policy
    >>> [finding.code for finding in policy_findings(load_policy())]
    ['smallest_limit_zero']
    """
    found = (
        *rule_findings(policy),
        *curve_findings(policy),
        *terms_findings(policy),
        *loss_findings(policy),
    )
    return by_severity(found)


def policy_findings_in_book(
    policy: Policy,
    snapshots: Snapshots,
    bundle: Bundle,
    *,
    prior_grades: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Return how many customers of a book each rule bites; those of nobody and everybody first.

    Parameters
    ----------
    policy : Policy
        What to look at.
    snapshots : Snapshots
        The book as of a day.
    bundle : Bundle
        The model that gives the probabilities.
    prior_grades : mapping of str to str, optional
        The grades that the hysteresis is measured from; without it nobody meets it.

    Raises
    ------
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    """
    gradings = grade_snapshots(snapshots, bundle, policy, prior_grades=prior_grades)
    return by_severity(book_findings(snapshots, gradings, policy))
