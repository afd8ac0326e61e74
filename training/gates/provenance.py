"""Whether a model is what it says: its features, its snapshots, its report."""

from __future__ import annotations

from features.catalogue import FEATURE_NAMES, FEATURES, feature_set_hash
from features.errors import LedgerError
from features.given import refuse_strangers
from features.ledger.open import Ledger
from features.matrix import Snapshots
from features.snapshot import snapshots
from models.explain.words.text import Text
from training import runs
from training.gates.evidence import Evidence
from training.gates.gate import Gate
from training.sample import differing, read_sample


def feature_set(evidence: Evidence) -> Gate:
    """Compare the bundle's feature set with this installation's."""
    bundle, own = evidence.bundle, feature_set_hash()
    passed = bundle.feature_set == own
    pairs = zip(bundle.feature_names, bundle.feature_versions, strict=True)
    changed = [name for name, version in pairs if FEATURES[name].version != version]
    named_zh = f"；定义已改变：{'、'.join(changed)}" if changed else ""
    named_en = f"; defined anew since: {', '.join(changed)}" if changed else ""
    return Gate(
        "feature_set",
        passed,
        0.0 if passed else float(max(len(changed), 1)),
        0.0,
        Text(
            f"模型的特征集{bundle.feature_set[:12]}，本系统为{own[:12]}{named_zh}",
            f"its feature set is {bundle.feature_set[:12]}, this installation's {own[:12]}"
            f"{named_en}",
        ),
    )


def recomputed(evidence: Evidence) -> Gate:
    """Compute the run's sample again from its ledger; every value must be the same."""
    kept = evidence.record.get("sample") or {}
    sample = read_sample(evidence.case.home, evidence.case.version, kept.get("sha256"))
    again = _again(evidence.ledger, sample)
    found = differing(sample, again, _shared(sample))
    grown = evidence.ledger.fingerprint != evidence.of_record("ledger_fingerprint")
    zh, en = _told(sample, again, found)
    if grown:
        zh += "（账套在训练后有改动，按现有账套重算）"
        en += " (the ledger was changed since the training; computed from it as it is now)"
    return Gate("recomputed", not found, float(len(found)), 0.0, Text(zh, en))


def report(evidence: Evidence) -> Gate:
    """Look for the validation report that the training wrote."""
    version = evidence.case.version
    path = evidence.case.home / runs.REPORTS / f"validation-{version}.html"
    there = path.is_file() and version in path.read_text(encoding="utf-8", errors="replace")
    said = Text(f"验证报告{path.name}已存在", f"the validation report {path.name} is there")
    if not there:
        said = Text(
            f"缺少该模型的验证报告{path.name}，请重新训练",
            f"the validation report {path.name} is missing, or is another model's. Train again",
        )
    return Gate("report", there, float(there), 1.0, said)


def _again(ledger: Ledger, sample: Snapshots) -> Snapshots:
    refuse_strangers(ledger, sample.customer_ids, "The sample of the run")
    return snapshots(ledger, (sample.customer_ids, sample.as_of))


def _shared(sample: Snapshots) -> tuple[str, ...]:
    if sample.names != FEATURE_NAMES:
        strange = sorted(set(sample.names) ^ set(FEATURE_NAMES))
        message = (
            f"The sample of the run has other features than this installation computes "
            f"({', '.join(strange) or 'in another order'}). Train again."
        )
        raise LedgerError(message)
    return FEATURE_NAMES


def _told(sample: Snapshots, again: Snapshots, found: list[tuple[int, str]]) -> tuple[str, str]:
    days = len(set(sample.as_of.tolist()))
    if not found:
        return (
            f"抽取{days}个日期的{len(sample)}份客户快照，按账套重算，全部一致",
            f"{len(sample)} snapshots of {days} days computed again from the ledger, every value "
            "the same",
        )
    row, name = found[0]
    who, day = sample.customer_ids[row], sample.as_of[row]
    was, now = sample.column(name)[row], again.column(name)[row]
    return (
        f"{len(sample)}份快照重算后有{len(found)}个值不同，例如{who}于{day}的{FEATURES[name].label_zh}："
        f"训练时为{was:g}，账套算得{now:g}；训练所用数据不是当日所知",
        f"{len(found)} values of {len(sample)} snapshots come out otherwise, as {name} of {who} on "
        f"{day}: {was:g} in training, {now:g} from the ledger; it did not learn from what was "
        "known on the day",
    )
