"""The catalogue: every feature once, in the order of the columns of a snapshot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from features.families.data import DATA
from features.families.external import EXTERNAL
from features.families.litigation import LITIGATION
from features.families.overdue import OVERDUE
from features.families.timeliness import TIMELINESS
from features.families.trading import TRADING
from features.feature import Feature
from features.settings import SETTINGS, FeatureSettings

FAMILIES = (TIMELINESS, OVERDUE, TRADING, LITIGATION, EXTERNAL, DATA)

CATALOGUE: tuple[Feature, ...] = tuple(f for family in FAMILIES for f in family.features)
FEATURES: Mapping[str, Feature] = MappingProxyType({f.name: f for f in CATALOGUE})
FEATURE_NAMES: tuple[str, ...] = tuple(FEATURES)
MODEL_FEATURES: tuple[str, ...] = tuple(f.name for f in CATALOGUE if f.modelled)


def feature_set_hash(settings: FeatureSettings = SETTINGS) -> str:
    """Return the sha256 of all definitions and settings: equal sets compute equal features.

    Words do not count; names, versions, expressions, directions, what a model may learn from
    and settings do.
    """
    entries = [
        [f.name, f.version, f.direction, f.null, f.modelled, repr(f.value)] for f in CATALOGUE
    ]
    text = json.dumps([entries, asdict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
