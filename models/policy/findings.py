"""What a look at a policy finds: a rule that never bites, one that always does, or a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.explain.words.text import Text

NEVER, ALWAYS, NOTE = "never", "always", "note"
SEVERITIES = (NEVER, ALWAYS, NOTE)


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes
    ----------
    code : str
        What was found, for programs.
    key : str
        The policy's key that it is about, dotted; a section where it is about all of it.
    severity : str
        ``never`` (the rule changes nothing for anybody), ``always`` (it holds for everybody,
        so it tells nobody apart) or ``note`` (worth knowing).
    text : Text
        A sentence with the figures and, where something is wrong, the mend.
    bites : int or None
        Customers of a book for whom the rule changes something; None where no book was seen.
    customers : int or None
        Customers that it could have bitten; None where no book was seen.
    """

    code: str
    key: str
    severity: str
    text: Text
    bites: int | None = None
    customers: int | None = None


def never(code: str, key: str, zh: str, en: str) -> Finding:
    """Return the finding that a rule can never bite."""
    return Finding(code, key, NEVER, Text(zh, en))


def always(code: str, key: str, zh: str, en: str) -> Finding:
    """Return the finding that a rule always bites."""
    return Finding(code, key, ALWAYS, Text(zh, en))


def noted(code: str, key: str, zh: str, en: str) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(code, key, NOTE, Text(zh, en))


def by_severity(found: Iterable[Finding]) -> list[Finding]:
    """Return findings, those that never or always bite first, else in their order."""
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def number(value: float) -> str:
    """Return a number of a policy as a person writes it.

    Examples
    --------
    >>> number(60.0), number(0.005), number(1200000.0)
    ('60', '0.005', '1,200,000')
    """
    return f"{value:,.10g}"
