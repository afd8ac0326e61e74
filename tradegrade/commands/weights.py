"""The command that fits the indicators' weights to the seller's own defaults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click

from features.errors import ModelError
from features.ledger.open import open_ledger
from models.bundle import Bundle, load_bundle
from models.explain.words import Text
from models.policy.load import load_policy
from models.policy.meanings import meaning
from tradegrade.options import (
    DAY,
    bundle_option,
    json_option,
    lang_option,
    ledger_option,
    policy_option,
)
from tradegrade.output import note, print_json
from tradegrade.spans import month_ends_between
from tradegrade.workspace import (
    active_policy,
    bundle_folder,
    champion_version,
    home,
    prior_grades,
)
from training import runs
from training.config import TrainingConfig, load_config
from training.weights import BookMoves, WeightsFound, weights_of
from training.weights_document import UNKNOWNS, weights_document, weights_toml


@click.command()
@ledger_option()
@click.option("--from", "first", type=DAY, help="First as-of date of a span of month-ends.")
@click.option("--to", "last", type=DAY, help="Last as-of date of the span.")
@click.option("--horizon-days", type=int, help="Days within which a default counts.")
@bundle_option()
@policy_option()
@lang_option()
@json_option()
def weights(
    ledger: Path,
    first: date | None,
    last: date | None,
    horizon_days: int | None,
    bundle: str | None,
    policy: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Fit the weights of the five indicators to the ledger's defaults; nothing is applied."""
    present = load_policy(policy or active_policy())
    grading = _bundle(bundle)
    if grading is not None:
        present.point_scale(grading.horizon_days)  # refuse an unusable horizon before the work
    config = _config(grading).with_options(horizon_days=horizon_days)
    days = month_ends_between(first, last)
    today = datetime.now(UTC).date()
    with open_ledger(ledger, ledger_currency=present.ledger.currency, latest=today) as opened:
        for told in opened.notes():
            note(told)
        found = weights_of(
            opened,
            config,
            policy=present,
            bundle=grading,
            days=days,
            prior_grades=prior_grades(opened.last_day or today),
            progress=note,
        )
    for warning in found.dataset.warnings:
        note(f"warning: {warning}")
    if as_json:
        print_json([weights_document(found)])
        return
    for line in weight_lines(found, lang):
        click.echo(line)


def weight_lines(found: WeightsFound, lang: str) -> Iterator[str]:
    """Yield the weights, what they would change, and how to try them, for a person."""
    customers = len(set(found.fit.snapshots.customer_ids))
    confidence = found.difference.confidence
    yield Text(
        f"由违约历史拟合的权重，对照政策{found.policy.policy_version}：{customers:,}户的"
        f"{len(found.fit):,}个月末记录，其中{found.fit.defaults:,}个在"
        f"{found.dataset.horizon_days}天内违约",
        f"Weights fitted to defaults, beside policy {found.policy.policy_version}: "
        f"{len(found.fit):,} month-end rows of {customers:,} customers, {found.fit.defaults:,} of "
        f"which defaulted within {found.dataset.horizon_days} days",
    ).of(lang)
    yield Text(
        f"现行 → 建议（按客户重抽样的{confidence:.0%}区间；未知占比）",
        f"present → suggested ({confidence:.0%} interval, customers resampled; share unknown)",
    ).of(lang)
    for line in found.lines:
        kept = Text("保持现行：已知太少或人人相同", "kept: too little known, or alike for all")
        span = f"{line.fitted.low:.2f}–{line.fitted.high:.2f}"
        yield (
            f"  {line.present:.2f} → {line.suggested:.2f} "
            f"({kept.of(lang) if line.kept else span}; {line.unknown_share:.1%})  "
            f"# {meaning(f'weights.{line.indicator}').of(lang)}"
        )
    yield UNKNOWNS.of(lang)
    yield from _changes(found, lang)
    yield ""
    yield Text(
        "未作任何改动。如要采用，请将下段粘贴到一份政策中，先用tradegrade policy try试运行：",
        "Nothing was changed. To use them, paste this into a policy and run tradegrade policy try "
        "on it first:",
    ).of(lang)
    yield weights_toml(found.suggested).rstrip()


def _changes(found: WeightsFound, lang: str) -> Iterator[str]:
    before, after, gap = found.auc_present, found.auc_suggested, found.difference
    yield Text(
        f"未参与拟合的记录上，规则分的AUC：{before.estimate:.4f} → {after.estimate:.4f}，"
        f"相差{gap.estimate:+.4f}（{gap.low:+.4f}至{gap.high:+.4f}）",
        f"AUC of the rule score on rows not fitted on: {before.estimate:.4f} → "
        f"{after.estimate:.4f}, difference {gap.estimate:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})",
    ).of(lang)
    if gap.low <= 0 <= gap.high:
        yield Text(
            "区间含0：这份账本不能证明建议的权重更好或更差。",
            "The interval holds 0: this ledger does not show the suggested weights to be better or "
            "worse.",
        ).of(lang)
    elif gap.high < 0:
        yield Text(
            "建议的权重在新记录上更差：不宜采用。",
            "The suggested weights are worse on new rows: do not use them.",
        ).of(lang)
    if found.moves is None:
        yield Text(
            "尚无模型，故不能说明等级会如何变动。",
            "There is no model yet, so it cannot be told how grades would move.",
        ).of(lang)
    else:
        yield _moves(found.moves).of(lang)


def _moves(moves: BookMoves) -> Text:
    changed = moves.up + moves.down
    return Text(
        f"{moves.as_of}的{moves.customers:,}户中，{changed:,}户的等级会变：升级{moves.up:,}户，"
        f"降级{moves.down:,}户（模型{moves.model_version}）",
        f"Of {moves.customers:,} customers on {moves.as_of}, {changed:,} would change grade: "
        f"{moves.up:,} up, {moves.down:,} down (model {moves.model_version})",
    )


def _bundle(given: str | None) -> Bundle | None:
    if given is None and champion_version() is None:
        return None
    return load_bundle(bundle_folder(given))


def _config(bundle: Bundle | None) -> TrainingConfig:
    """Return settings with the bundle's horizon and the definition of default it learned."""
    packaged = load_config()
    if bundle is None:
        return packaged
    config = packaged.with_options(horizon_days=bundle.horizon_days)
    try:
        default = runs.read_record(home(), bundle.model_version)["config"]["default"]
    except ModelError:  # a bundle from elsewhere: the packaged definition holds
        return config
    return config.with_options(
        default_on=tuple(default["on"]), keep_unexposed=default["keep_unexposed"]
    )
