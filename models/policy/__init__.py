"""The credit policy: one versioned TOML, read strictly."""

from models.policy.load import load_policy, parse_policy
from models.policy.sections import Policy

__all__ = ["Policy", "load_policy", "parse_policy"]
