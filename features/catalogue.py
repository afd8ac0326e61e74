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
from features.relations import RELATIONS
from features.settings import FACTS_VERSION, SETTINGS, FeatureSettings

FAMILIES = (TIMELINESS, OVERDUE, TRADING, LITIGATION, EXTERNAL, DATA)

CATALOGUE: tuple[Feature, ...] = tuple(f for family in FAMILIES for f in family.features)
FEATURES: Mapping[str, Feature] = MappingProxyType({f.name: f for f in CATALOGUE})
FEATURE_NAMES: tuple[str, ...] = tuple(FEATURES)
MODEL_FEATURES: tuple[str, ...] = tuple(f.name for f in CATALOGUE if f.modelled)


def feature_set_hash(settings: FeatureSettings = SETTINGS) -> str:
    """Return the sha256 of all definitions and settings: equal sets compute equal features.

    Words do not count; names, versions, expressions, directions, what a model may learn from,
    the relations, settings and the version of the facts (`FACTS_VERSION`) do.
    """
    entries = [
        [f.name, f.version, f.direction, f.null, f.modelled, repr(f.value)] for f in CATALOGUE
    ]
    relations = {name: base.sql for name, base in RELATIONS.items()}
    text = json.dumps([entries, relations, FACTS_VERSION, asdict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
