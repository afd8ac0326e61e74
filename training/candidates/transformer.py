"""Weight of evidence as a scikit-learn transformer, for pipelines of anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import ClassifierTags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from features.matrix import Floats
from training.candidates.woe import BinSettings, feature_bins


class WoeTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Replace each feature by the weight of evidence of its monotone bins.

    Parameters
    ----------
    directions : sequence of int, optional
        +1, −1 or 0 for each feature; without it every feature may run either way.
    settings : BinSettings, optional
        How finely features are cut.

    Attributes
    ----------
    bins_ : tuple of FeatureBins
        Of each feature.
    classes_ : ndarray, shape (2,)
        The two outcomes; the second is the default.
    """

    def __init__(
        self, directions: Sequence[int] | None = None, settings: BinSettings | None = None
    ) -> None:
        self.directions = directions
        self.settings = settings

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's names
        """Cut every feature.

        Parameters
        ----------
        X : array-like, shape (n, features)
            NaN is unknown.
        y : array-like, shape (n,)
            Two outcomes; the larger is the default.

        Raises
        ------
        ValueError
            If there are not exactly two outcomes, or not a direction for each feature.
        """
        values, outcome = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(outcome)
        self.classes_ = np.unique(outcome)
        if len(self.classes_) != 2:
            message = (
                "Only binary classification is supported: weight of evidence needs two outcomes, "
                f"but y has {len(self.classes_)} class(es)."
            )
            raise ValueError(message)
        directions = [0] * values.shape[1] if self.directions is None else list(self.directions)
        if len(directions) != values.shape[1]:
            message = f"Give a direction for each of {values.shape[1]} features, not {directions}."
            raise ValueError(message)
        defaulted = outcome == self.classes_[1]
        settings = self.settings or BinSettings()
        self.bins_ = tuple(
            feature_bins(column, defaulted, direction=direction, settings=settings)
            for column, direction in zip(values.T, directions, strict=True)
        )
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803
        """Return the weight of evidence of each value, shape (n, features); never NaN."""
        check_is_fitted(self)
        values = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        columns = zip(self.bins_, values.T, strict=True)
        return np.column_stack([bins.transform(column) for bins, column in columns])

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that unknown values and two outcomes are what it takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags
