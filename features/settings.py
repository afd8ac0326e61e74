"""The parameters that belong to the feature set, and so to its hash."""

from __future__ import annotations

from dataclasses import dataclass

# raised when reading, currency or settlement gives other facts: an old bundle is then refused
FACTS_VERSION = 2


@dataclass(frozen=True)
class FeatureSettings:
    """Say when an invoice counts as late, and when a customer counts as in default.

    Attributes
    ----------
    grace_days : int
        Days after the due date that still count as on time.
    floor_minor : int
        Materiality floor of an outstanding remainder, in minor units (100 = 1.00).
    floor_permille : int
        The same as thousandths of the invoice; the larger of the two floors holds.
    default_days : int
        Days past due at which an invoice is a default.
    default_floor_minor : int
        An outstanding amount must exceed this to be a default, in minor units.
    default_floor_permille : int
        It must also exceed this many thousandths of the customer's exposure.
    default_cure_days : int
        Days that a default goes on after every criterion has cleared.
    exposed_days : int
        An invoice issued within this many days makes a customer exposed.
    """

    grace_days: int = 0
    floor_minor: int = 100
    floor_permille: int = 5
    default_days: int = 90
    default_floor_minor: int = 10_000
    default_floor_permille: int = 10
    default_cure_days: int = 90
    exposed_days: int = 90


SETTINGS = FeatureSettings()
