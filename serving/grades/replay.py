"""Replay a stored grade: its snapshot through the bundle and policy that gave it, once more."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from features.errors import LedgerError, ModelError
from features.evidence import RowsFound
from models.book import Grader
from models.bundle import read_bundle
from models.document import explanation_document
from models.explain.drivers import Explanation, explain
from models.explain.words import Text
from models.grading import grade_snapshots
from models.policy.load import parse_policy
from models.sureness.told import HowSure, how_sure
from serving.errors import NO_REPLAY, Problem
from serving.grades.records import StoredGrade
from serving.grades.store import GradeStore

TOLERANCE = 1e-9
_KEPT = 4  # bundles held in memory


class Graders:
    """The bundles and policies that gave stored grades, the last few held in memory."""

    def __init__(self, store: GradeStore) -> None:
        self._store = store
        self._held: OrderedDict[tuple[str, str], Grader] = OrderedDict()
        self._lock = Lock()

    def of(self, stored: StoredGrade) -> Grader:
        """Return what gave a grade.

        Raises
        ------
        Problem
            If its bundle or policy is not kept, or this installation cannot read it.
        """
        key = stored.model_version, stored.policy_sha256
        with self._lock:
            if key not in self._held:
                self._held[key] = self._read(*key)
            self._held.move_to_end(key)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
            return self._held[key]

    def _read(self, model_version: str, policy_sha256: str) -> Grader:
        files = self._store.bundle_files(model_version)
        policy = self._store.policy_content(policy_sha256)
        if files is None or policy is None:
            raise not_replayable(
                Text(
                    f"模型{model_version}未随评级保存，请用`tradegrade grade --store`重新评级",
                    f"the model {model_version} was not kept with it; grade again with "
                    "`tradegrade grade --store`",
                )
            )
        try:
            bundle = read_bundle(files, source=f"store:{model_version}", any_feature_set=True)
            return Grader(bundle, parse_policy(policy, source=f"store:{policy_sha256[:12]}"))
        except ModelError as error:
            raise not_replayable(
                Text(
                    f"当前安装无法读取模型{model_version}",
                    f"this installation cannot read the model {model_version}",
                )
            ) from error


@dataclass(frozen=True)
class Account:
    """A stored grade with its exact account.

    Attributes
    ----------
    explanation : Explanation
        ``score = reference + Σ drivers + Σ adjustments``.
    """

    stored: StoredGrade
    explanation: Explanation
    grader: Grader


def account_of(stored: StoredGrade, graders: Graders) -> Account:
    """Return the account of a stored grade, after seeing that it comes out the same.

    Raises
    ------
    Problem
        If it cannot be replayed, or comes out otherwise than it was told.
    """
    grader = graders.of(stored)
    row, told = stored.as_snapshots(), stored.document
    prior = {} if told["prior_grade"] is None else {stored.customer_id: told["prior_grade"]}
    try:
        gradings = grade_snapshots(row, grader.bundle, grader.policy, prior_grades=prior)
        explanation = explain(row, gradings, grader.bundle, grader.policy)[0]
    except (LedgerError, ModelError) as error:
        raise not_replayable(
            Text("当前安装缺少其特征", "this installation lacks a feature")
        ) from error
    same = abs(explanation.grading.score - told["score"]) <= TOLERANCE
    if not same or explanation.grading.notch != told["notch"]:
        raise not_replayable(
            Text(
                "重算结果与当时告知的不同，请使用当时的版本",
                "it comes out otherwise than it was told; use the version of that time",
            )
        )
    return Account(stored, explanation, grader)


def sureness_of(account: Account) -> HowSure | None:
    """Return how sure a stored grade is, None where its bundle does not keep its error."""
    grader, grading = account.grader, account.explanation.grading
    return how_sure(account.stored.as_snapshots(), grading, grader.bundle, grader.policy)


def account_document(account: Account, evidence: dict[str, RowsFound] | None) -> dict[str, object]:
    """Return the fields of ``GET /v1/customers/{id}/explanation``.

    Parameters
    ----------
    account : Account
        From `account_of`.
    evidence : dict of str to RowsFound, or None
        The ledger rows behind each driver; without a ledger those that the reasons keep.
    """
    sure = sureness_of(account)
    document = explanation_document(account.explanation, (), evidence or {}, sure=sure)
    reasons = account.stored.document["reasons"]
    document["reasons"] = reasons
    document["evidence_from"] = "ledger" if evidence is not None else "stored_reasons"
    if evidence is None:
        kept = {reason["code"]: reason for reason in reasons}
        for driver in document["drivers"]:
            reason = kept.get(driver["feature"])
            driver["evidence"] = [] if reason is None else reason["evidence"]
            # null: nobody looked, which is not the same as none
            driver["evidence_total"] = None if reason is None else reason["evidence_total"]
    return document


def not_replayable(why: Text) -> Problem:
    """Return the problem of a stored grade that cannot be computed once more."""
    return Problem(NO_REPLAY, Text(f"无法重算：{why.zh}。", f"It cannot be replayed: {why.en}."))
