"""How sure a grade is on a customer's page: the interval, the chance of each grade, what to ask."""

from __future__ import annotations

from dataclasses import dataclass

from models.sureness.words import sureness_sentences
from serving.grades.replay import Account, sureness_of
from serving.pages.words import Words


@dataclass(frozen=True)
class SurenessShown:
    """What is told of how sure a grade is.

    Attributes
    ----------
    sentences : tuple of str
        Interval, chances, and the fact that would narrow it most, in the reader's language.
    chances : dict of str to float
        By grade, the best first; they add up to 1.
    """

    sentences: tuple[str, ...]
    chances: dict[str, float]


def sureness_shown(account: Account, words: Words) -> SurenessShown | None:
    """Return how sure a stored grade is, None where its bundle does not keep its error.

    Parameters
    ----------
    account : Account
        From `serving.grades.replay.account_of`.
    words : Words
        The reader's.
    """
    sure = sureness_of(account)
    if sure is None:
        return None
    told = sureness_sentences(sure, account.explanation.grading.grade)
    return SurenessShown(tuple(text.of(words.language) for text in told), sure.chances)
