"""What a bundle keeps about its own error: a curve by level, and donors for missing facts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.errors import ModelError
from features.matrix import Floats
from models.sureness.facts import BY_CODE

SURENESS = "sureness.json"


@dataclass(frozen=True)
class ErrorCurve:
    """The standard error of the log-odds that a model tells, by their level.

    Between the points it is linear, beyond them constant. It is a curve and not a figure per
    customer: resampling tells the level's error well and a single customer's badly (measured
    in training/README.md).

    Attributes
    ----------
    log_odds : ndarray of float64, shape (n,)
        Increasing.
    sd : ndarray of float64, shape (n,)
        Standard errors, in log-odds.
    """

    log_odds: Floats
    sd: Floats

    def at(self, log_odds: float) -> float:
        """Return the standard error where the model tells these log-odds."""
        return float(np.interp(log_odds, self.log_odds, self.sd))


@dataclass(frozen=True)
class Donors:
    """Customers of the training rows of whom a fact was known, without name or id.

    Attributes
    ----------
    log_odds : ndarray of float64, shape (n,)
        What the model would have told of each had the fact been unknown; increasing.
    values : ndarray of float64, shape (n, features of the fact)
        The features that the fact decides, in the order of `Fact.features`.
    """

    log_odds: Floats
    values: Floats

    def nearest(self, log_odds: float, at_most: int) -> Floats:
        """Return the values of the donors that looked most alike, shape (at most, features).

        Predictive mean matching (Little 1988): alike is whose probability was told alike
        while the fact was hidden.
        """
        distance = np.abs(self.log_odds - log_odds)
        chosen = np.sort(np.argsort(distance, kind="stable")[:at_most])
        found: Floats = self.values[chosen]
        return found


@dataclass(frozen=True)
class Sureness:
    """What is known of how wrong the probabilities of a bundle may be."""

    error: ErrorCurve
    donors: Mapping[str, Donors]


def sureness_bytes(sureness: Sureness) -> bytes:
    """Return the content of ``sureness.json``; equal parts give equal bytes."""
    document = {
        "error": {
            "log_odds": sureness.error.log_odds.tolist(),
            "sd": sureness.error.sd.tolist(),
        },
        "donors": {
            code: {
                "features": list(BY_CODE[code].features),
                "log_odds": donors.log_odds.tolist(),
                "values": [[_or_none(v) for v in row] for row in donors.values.tolist()],
            }
            for code, donors in sureness.donors.items()
        },
    }
    return (json.dumps(document, sort_keys=True, allow_nan=False) + "\n").encode()


def read_sureness(content: bytes) -> Sureness:
    """Return what ``sureness.json`` holds.

    Facts that this installation does not have, or has with other features, are left out:
    a bundle outlives the catalogue's words.

    Raises
    ------
    ModelError
        If the content is not what training writes.
    """
    try:
        document = json.loads(content)
        error = ErrorCurve(_array(document["error"]["log_odds"]), _array(document["error"]["sd"]))
        donors = {
            code: Donors(_array(kept["log_odds"]), _array(kept["values"]))
            for code, kept in document["donors"].items()
            if code in BY_CODE and tuple(kept["features"]) == BY_CODE[code].features
        }
        _refuse_unusable(error, donors)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        message = f"The bundle's {SURENESS} is not what training writes ({fault!r}). Train anew."
        raise ModelError(message) from fault
    return Sureness(error, donors)


def _refuse_unusable(error: ErrorCurve, donors: Mapping[str, Donors]) -> None:
    sound = (
        error.log_odds.ndim == 1
        and 0 < len(error.log_odds) == len(error.sd)
        and bool((np.diff(error.log_odds) > 0).all())
        and bool((error.sd >= 0).all())
        and all(
            kept.values.shape == (len(kept.log_odds), len(BY_CODE[code].features))
            for code, kept in donors.items()
        )
    )
    if not sound:
        message = "lengths or order are wrong"
        raise ValueError(message)


def _array(listed: object) -> Floats:
    return np.array(listed, dtype=np.float64)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
