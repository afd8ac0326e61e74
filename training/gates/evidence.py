"""What gates look at: the run's record, both bundles, and the ledger; read once, when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from features.errors import LedgerError, ModelError
from features.ledger.open import Ledger, open_ledger
from features.matrix import Floats, Snapshots
from features.snapshot import snapshots
from models.book import asked_pairs
from models.bundle import Bundle, bundle_contents, load_bundle, read_bundle
from models.explain.words.text import Text
from models.policy.load import parse_policy
from models.policy.sections import Policy
from training import runs
from training.config import TrainingConfig, config_of
from training.dataset import given_dataset
from training.given import given_rows
from training.population import Population, Rows
from training.windows import TEST, customer_parts

Priors = Callable[[date], Mapping[str, str]]


@dataclass(frozen=True)
class Case:
    """The candidate, and what it is judged by.

    Attributes
    ----------
    home : Path
        The workspace.
    version : str
        Of the candidate.
    policy : Policy
        The active policy: it holds the limits, and grades the book.
    prior_grades : callable
        The stored grades before a day, that the hysteresis is measured from.
    """

    home: Path
    version: str
    policy: Policy
    prior_grades: Priors


@dataclass
class Evidence:
    """What is known of a candidate; whatever cannot be read raises when it is asked for."""

    case: Case
    _files: ExitStack = field(repr=False)

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record of the candidate's run."""
        return runs.read_record(self.case.home, self.case.version)

    @cached_property
    def config(self) -> TrainingConfig:
        """The settings of the candidate's run."""
        return config_of(self.of_record("config"))

    @cached_property
    def folder(self) -> Path:
        """The candidate's folder."""
        return runs.bundle_folder(self.case.home, self.case.version)

    @cached_property
    def bundle(self) -> Bundle:
        """The candidate, be it of another feature set: that is a gate of its own."""
        bundle = read_bundle(
            bundle_contents(self.folder), source=str(self.folder), any_feature_set=True
        )
        if bundle.model_version != self.case.version:
            message = (
                f"The folder {self.folder} holds the bundle {bundle.model_version} under another "
                "name. Give the folder that name again."
            )
            raise ModelError(message)
        return bundle

    @cached_property
    def champion(self) -> Bundle | Text:
        """The champion, or why nothing can be compared with it."""
        try:
            version = runs.champion(self.case.home)
            if version is None:
                return Text("尚无在用模型，无可比较", "there is no champion to compare with")
            if version == self.case.version:
                return Text("该模型即在用模型，无需比较", "it is the champion itself")
            return load_bundle(runs.bundle_folder(self.case.home, version))
        except ModelError as error:
            return Text(
                f"在用模型无法读取，无从比较（{error}）",
                f"the champion cannot be read, so nothing is compared with it ({error})",
            )

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger recorded with the run, opened as the training opened it."""
        days = [date.fromisoformat(day) for day in self.of_record("as_of")]
        return self._files.enter_context(
            open_ledger(
                Path(self.of_record("ledger")),
                ledger_currency=parse_policy(self.bundle.policy).ledger.currency,
                latest=max(days),
            )
        )

    @cached_property
    def ledger_test(self) -> Rows:
        """The rows of the candidate's test window, with outcomes by the ledger's definition."""
        days = [date.fromisoformat(day) for day in self.of_record("test_as_of")]
        population = Population(self.ledger, self.config.default)
        rows = population.rows(days, self.of_record("horizon_days"))
        if self.of_record("split") != "customer":
            return rows
        parts = customer_parts(rows.snapshots.customer_ids, self.config.windows)
        return rows.where(parts == TEST)

    @cached_property
    def own_test(self) -> Rows:
        """The rows that the candidate was tested on, with the outcomes that it was given."""
        outcomes = self.of_record("outcomes")
        if outcomes is None:
            return self.ledger_test
        return given_dataset(given_rows(self.ledger, Path(outcomes)), self.config).part(TEST)

    @cached_property
    def book(self) -> Snapshots:
        """Every customer on the ledger's last day."""
        day = self.ledger.last_day
        if day is None:
            message = f"The ledger {self.ledger.path} is empty: it has no book to grade."
            raise LedgerError(message)
        return snapshots(self.ledger, asked_pairs(self.ledger, day))

    def of_record(self, key: str) -> Any:
        """Return a fact of the run's record.

        Raises
        ------
        ModelError
            If an earlier version wrote the record, without it.
        """
        if key not in self.record:
            message = (
                f"The record of the run of {self.case.version} does not tell {key!r}: an earlier "
                "version wrote it. Train it again."
            )
            raise ModelError(message)
        return self.record[key]


@contextmanager
def evidence_of(case: Case) -> Iterator[Evidence]:
    """Yield the evidence of a case; its ledger is closed at the end."""
    with ExitStack() as files:
        yield Evidence(case, files)


def risk_of(bundle: Bundle, rows: Rows) -> Floats:
    """Return the log-odds of default that a bundle tells of rows, shape (n,)."""
    return bundle.probability.log_odds(rows.snapshots.select(bundle.feature_names).values)
