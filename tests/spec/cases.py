"""Every drawn case, by the sentence that names it."""

from tests.spec.books import Case, D, Story
from tests.spec.corrections import CORRECTIONS
from tests.spec.knowledge import KNOWLEDGE
from tests.spec.money import MONEY
from tests.spec.outside import OUTSIDE
from tests.spec.trade import TRADE

CASES: dict[str, Case] = {**TRADE, **OUTSIDE}
# what they say is unknown is so because the ledger lacks a table
_ALONE = ("an absent legal table is unknown", "outside a group affiliates are unknown")

STORIES: dict[str, Story] = {
    **{
        name: Story(tables, {D: expected}, alone=name in _ALONE)
        for name, (tables, expected) in CASES.items()
    },
    **MONEY,
    **{f"a correction of {name}": story for name, story in CORRECTIONS.items()},
    **KNOWLEDGE,
}
