"""A model that scores and explains by TreeSHAP, as MLflow serves one: a peer to be measured.

MLflow runs this file by itself (a model from code), so it imports nothing of ours.
"""

from typing import Any

import lightgbm
import mlflow.models
import mlflow.pyfunc


class ScoreAndTreeShap(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The probability of a row and its path-dependent SHAP values, by LightGBM itself."""

    def load_context(self, context: Any) -> None:
        """Read the trees."""
        self._booster = lightgbm.Booster(model_file=context.artifacts["trees"])

    def predict(self, context: Any, model_input: Any, params: Any = None) -> list[Any]:  # noqa: ARG002
        """Return a probability and one value per feature for each row."""
        values = model_input.to_numpy(dtype=float)
        scores = self._booster.predict(values, num_threads=1)
        shap = self._booster.predict(values, pred_contrib=True, num_threads=1)
        return [
            {"score": float(score), "shap": row.tolist()}
            for score, row in zip(scores, shap, strict=True)
        ]


mlflow.models.set_model(ScoreAndTreeShap())
