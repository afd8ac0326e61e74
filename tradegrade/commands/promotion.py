"""Commands about which model grades: promote, rollback, promotions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from sqlalchemy import Engine

from features.errors import ModelError, TradegradeError, UsageError
from models.bundle import Bundle, load_bundle
from models.policy.load import load_policy
from serving.database import store_exists
from serving.policies.store import checked_words
from serving.promotions.promotion import champion_of, promote, record_first
from serving.promotions.store import (
    FIRST,
    PROMOTE,
    ROLLBACK,
    Promotion,
    Wish,
    champion_before,
    earlier_champions,
    promotions,
)
from tradegrade.options import json_option, lang_option
from tradegrade.output import note, print_json
from tradegrade.workspace import (
    active_policy,
    champion_version,
    home,
    prior_grades,
    store_engine,
)
from training import runs
from training.config import config_of
from training.gates.evidence import Case
from training.promotion import Verdict, judge
from training.tracking import point_champion
from training.train import TrainResult

_WORDS = {"zh": ("通过", "未通过"), "en": ("passed", "FAILED")}


@click.command("promote")
@click.argument("version")
@click.option("--by", required=True, help="Who makes it the champion.")
@click.option("--reason", required=True, help="Why.")
@lang_option()
@json_option()
def promote_(version: str, by: str, reason: str, lang: str, as_json: bool) -> None:
    """Make a model the champion if it passes every gate; exit 4 if it does not."""
    by, reason = checked_words(by, reason, act="A promotion")
    _finish_what_was_killed()
    policy = load_policy(active_policy())
    verdict = judge(Case(home(), version, policy, prior_grades), progress=note)
    if verdict.granted and not verdict.is_champion:
        wish = Wish(PROMOTE, version, verdict.champion, by, reason, tuple(verdict.gate_documents()))
        with _store() as engine:
            promote(engine, home() / runs.CHAMPION, wish)
        _mirror(version)
    if as_json:
        print_json([
            {
                "promoted": verdict.granted,
                "version": version,
                "from": verdict.champion,
                "gates": verdict.gate_documents(),
                "by": by,
                "reason": reason,
            }
        ])  # fmt: skip
    else:
        _print(verdict, lang)
    _conclude(verdict)


@click.command()
@click.option("--by", required=True, help="Who goes back.")
@click.option("--reason", required=True, help="Why.")
@click.option("--to", help="A version that was champion before; the one before if not given.")
@json_option()
def rollback(by: str, reason: str, to: str | None, as_json: bool) -> None:
    """Go back to an earlier champion, without gates, on record."""
    by, reason = checked_words(by, reason, act="A rollback")
    _finish_what_was_killed()
    present = champion_of(home() / runs.CHAMPION)
    with _store() as engine:
        version = _earlier(promotions(engine), present, to)
        _refuse_unable(load_bundle(runs.bundle_folder(home(), version)))
        promote(engine, home() / runs.CHAMPION, Wish(ROLLBACK, version, present, by, reason))
    _mirror(version)
    if as_json:
        print_json([
            {"rolled_back": True, "version": version, "from": present, "by": by, "reason": reason}
        ])  # fmt: skip
    else:
        click.echo(f"{version} is the champion again, after {present or 'none'}")


@click.command("promotions")
@json_option()
def promotions_(as_json: bool) -> None:
    """List what was made champion, newest first: when, by whom, why, and what it passed."""
    _finish_what_was_killed()
    found: list[Promotion] = []
    if store_exists(home()):
        with _store() as engine:
            found = promotions(engine)
    if as_json:
        print_json(done.to_dict() for done in found)
        return
    for done in found:
        click.echo(
            f"{done.promoted_at:%Y-%m-%d %H:%M:%S} UTC  {done.kind:<8}  {done.version}  "
            f"{done.by}: {done.reason}  (before it {done.previous_version or 'none'})"
        )
    if not found:
        note("no model was promoted here yet")
    elif champion_of(home() / runs.CHAMPION) != found[0].version:
        note(
            f"{home() / runs.CHAMPION} is not what was promoted last: somebody wrote or removed "
            "it. Promote the model that should grade."
        )


def record_first_champion(trained: TrainResult, before: str | None) -> None:
    """Record that a training made its model champion, for want of one that grades.

    Parameters
    ----------
    trained : TrainResult
        What the training came to.
    before : str or None
        The champion before it, which could not grade.
    """
    version = trained.model_version
    if not trained.champion or version == before:
        return
    wish = Wish(FIRST, version, before, "train", "no champion that could grade")
    try:
        with _store() as engine:
            record_first(engine, wish)
    except TradegradeError as error:  # it grades all the same
        note(f"warning: that {version} became champion was not recorded. {error}")


def _earlier(found: Sequence[Promotion], present: str | None, to: str | None) -> str:
    """Return the version to go back to."""
    earlier = earlier_champions(found, present)
    known = f"Earlier champions: {', '.join(earlier) or 'none'}."
    if to is None:
        before = champion_before(found, present)
        if before is not None:
            return before
        message = (
            f"Before {present or 'no champion'} there is none on record to go back to. {known} "
            "Give one as --to, or promote another model."
        )
        raise ModelError(message)
    if to not in earlier:
        what = "is the champion already" if to == present else "was never champion"
        message = f"{to} {what}. {known} `tradegrade promote` takes a new one."
        raise UsageError(message)
    return to


def _refuse_unable(bundle: Bundle) -> None:
    """Raise where the active policy could not grade with a bundle."""
    load_policy(active_policy()).point_scale(bundle.horizon_days)


def _finish_what_was_killed() -> None:
    try:
        champion_version()
    except ModelError as error:  # a damaged file: a promotion writes it anew
        note(f"warning: {error}")


def _mirror(version: str) -> None:
    """Point MLflow's alias at the champion: last, because nothing here depends on it."""
    try:
        record = runs.read_record(home(), version)
        settings = config_of(record["config"]).tracking
        point_champion(record["run_id"], home=home(), settings=settings)
    except (TradegradeError, KeyError) as error:
        note(f"warning: {version} is the champion, but MLflow does not say so. {error}")


def _print(verdict: Verdict, lang: str) -> None:
    passed, failed = _WORDS[lang]
    for gate in verdict.gates:
        click.echo(f"{passed if gate.passed else failed}  {gate.name:<12}  {gate.detail.of(lang)}")
    if verdict.granted and not verdict.is_champion:
        click.echo(f"promoted {verdict.version}, before it {verdict.champion or 'none'}")


def _conclude(verdict: Verdict) -> None:
    refused = ", ".join(gate.name for gate in verdict.gates if not gate.passed)
    if verdict.is_champion:
        note(f"{verdict.version} is the champion already: nothing was recorded")
    if refused:
        note(f"tradegrade: {verdict.version} is refused by {refused}.")
        click.get_current_context().exit(ModelError.exit_code)


@contextmanager
def _store() -> Iterator[Engine]:
    engine = store_engine()
    try:
        yield engine
    finally:
        engine.dispose()
