"""A training run's settings: the packaged defaults, a file over them, options over both.

`settings` says what there is, `checks` what is refused, `load` where it comes from.
"""

from training.config.checks import CRITERIA
from training.config.load import config_of, load_config
from training.config.settings import (
    CalibrationSettings,
    CandidateSettings,
    DefaultDefinition,
    ModelSettings,
    ReferenceSettings,
    SamplingSettings,
    SearchSettings,
    SurenessSettings,
    TrackingSettings,
    TrainingConfig,
    ValidationSettings,
    Windows,
)

__all__ = [
    "CRITERIA",
    "CalibrationSettings",
    "CandidateSettings",
    "DefaultDefinition",
    "ModelSettings",
    "ReferenceSettings",
    "SamplingSettings",
    "SearchSettings",
    "SurenessSettings",
    "TrackingSettings",
    "TrainingConfig",
    "ValidationSettings",
    "Windows",
    "config_of",
    "load_config",
]
