"""Commands about the policy: what differs, what never bites, what it would do, which is active."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from features.errors import LedgerError, ModelError, UsageError
from features.ledger.open import Ledger
from features.snapshot import snapshots
from models.book import asked_pairs
from models.bundle import load_bundle
from models.policy.diff import Difference, policy_differences
from models.policy.findings import Finding
from models.policy.lint import policy_findings, policy_findings_in_book
from models.policy.load import load_policy
from models.policy.sections import Policy
from serving.database import store_exists
from serving.policies.activation import activate, active_text, is_unsettled, settle
from serving.policies.store import Activation, activations
from tradegrade.commands.policy_text import diff_lines, finding_lines, shadow_lines
from tradegrade.options import A_PATH, DAY, bundle_option, json_option, lang_option, ledger_option
from tradegrade.output import note, print_json, refuse_unwritable, write_rows
from tradegrade.workspace import (
    POLICY,
    active_policy,
    bundle_folder,
    grader,
    home,
    ledger_of,
    prior_grades,
    store_engine,
)
from training import runs
from training.config import TrainingConfig, load_config
from training.shadow import Contest, shadow_run
from training.shadow_document import MOVER_SCHEMA, mover_documents, shadow_document


@click.group("policy")
def policy_group() -> None:
    """Compare, look over, try and activate policies."""
    if is_unsettled(home() / POLICY):  # an activation was killed between record and file
        with _store() as engine:
            settle(engine, home() / POLICY)


@policy_group.command("diff")
@click.argument("new", type=A_PATH)
@click.option("--against", type=A_PATH, help="Policy TOML; the active one if not given.")
@lang_option()
@json_option()
def diff(new: Path, against: Path | None, lang: str, as_json: bool) -> None:
    """Tell what differs between two policies, key by key, and what each key means."""
    before, after = load_policy(against or active_policy()), load_policy(new)
    differences = policy_differences(before, after)
    if as_json:
        print_json([_diff_document(before, after, differences)])
    else:
        _print(diff_lines(before, after, differences, lang))


@policy_group.command("lint")
@click.argument("file", type=A_PATH)
@click.option("--ledger", type=A_PATH, help="Folder of a ledger: count whom each rule bites.")
@click.option("--as-of", type=DAY, help="Day of the book; the ledger's last if not given.")
@bundle_option()
@lang_option()
@json_option()
def lint(
    file: Path,
    ledger: Path | None,
    as_of: date | None,
    bundle: str | None,
    lang: str,
    as_json: bool,
) -> None:
    """Find rules of a policy that can never bite, or always do; exit 0 whatever is found."""
    if ledger is None and (as_of is not None or bundle is not None):
        message = "--as-of and --bundle choose a book: give its --ledger too."
        raise UsageError(message)
    policy = load_policy(file)
    document: dict[str, object] = {"policy": policy.policy_version, "as_of": None,
                                   "model_version": None, "customers": None}  # fmt: skip
    findings = policy_findings(policy)
    if ledger is not None:
        grading = grader(bundle, file)
        with ledger_of(ledger, grading, _latest(as_of)) as opened:
            day = as_of or _last_day(opened)
            book = snapshots(opened, asked_pairs(opened, day))
        findings += policy_findings_in_book(
            policy, book, grading.bundle, prior_grades=prior_grades(day)
        )
        document |= {
            "as_of": day.isoformat(),
            "model_version": grading.bundle.model_version,
            "customers": len(book),
        }
        note(f"{len(book)} customers as of {day}, model {grading.bundle.model_version}")
    if as_json:
        print_json([document | {"findings": [_finding_document(found) for found in findings]}])
    else:
        _print(finding_lines(findings, lang))


@policy_group.command("try")
@click.argument("new", type=A_PATH)
@ledger_option()
@click.option("--as-of", type=DAY, help="Day of the book; the ledger's last if not given.")
@click.option(
    "--history", type=click.IntRange(0, 240), default=12, show_default=True,
    help="Past month-ends to grade, at most.",
)  # fmt: skip
@bundle_option()
@click.option(
    "--policy", type=A_PATH, help="The one compared against; the active one if not given."
)
@click.option("--out", type=A_PATH, help="File for who moves, .parquet or .csv.")
@lang_option()
@json_option()
def try_(
    new: Path,
    ledger: Path,
    as_of: date | None,
    history: int,
    bundle: str | None,
    policy: Path | None,
    out: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Grade by another policy, storing nothing: who moves, in money, and at past month-ends."""
    refuse_unwritable(out)
    present = grader(bundle, policy)
    contest = Contest(present.bundle, present.policy, load_policy(new))
    config = _training_of(present.bundle.model_version)
    with ledger_of(ledger, present, _latest(as_of)) as opened:
        day = as_of or _last_day(opened)
        run = shadow_run(
            opened, contest, day, prior_grades=prior_grades(day), config=config, months=history
        )
    if out is not None:
        write_rows(out, mover_documents(run.movers.moved), MOVER_SCHEMA)
        note(f"wrote {len(run.movers.moved)} movers to {out}")
    if as_json:
        print_json([shadow_document(run)])
    else:
        _print(shadow_lines(run, lang))


@policy_group.command("activate")
@click.argument("file", type=A_PATH)
@click.option("--by", required=True, help="Who makes it the active policy.")
@click.option("--reason", required=True, help="Why.")
@json_option()
def activate_(file: Path, by: str, reason: str, as_json: bool) -> None:
    """Make a policy the active one: recorded with who and why, then written as policy.toml."""
    policy = load_policy(file)
    _refuse_without_anchors(policy)
    with _store() as engine:
        done = activate(engine, home() / POLICY, policy, by=by, reason=reason)
    if done is None:
        note(f"{policy.policy_version} is the active policy already: nothing was recorded")
    if as_json:
        found = None if done is None else _activation_document(done)
        print_json([{"activated": done is not None, "policy_version": policy.policy_version,
                     "activation": found}])  # fmt: skip
    elif done is not None:
        click.echo(f"activated {policy.policy_version}, before it {_or_unread(done)}")


@policy_group.command("history")
@json_option()
def history(as_json: bool) -> None:
    """List the activations, newest first."""
    found: list[Activation] = []
    if store_exists(home()):
        with _store() as engine:
            found = activations(engine)
    active = active_text(home() / POLICY)
    if as_json:
        print_json(_activation_document(activation) for activation in found)
        return
    for activation in found:
        click.echo(
            f"{activation.activated_at:%Y-%m-%d %H:%M:%S} UTC  {activation.policy_version}  "
            f"{activation.activated_by}: {activation.reason}  "
            f"(before it {_or_unread(activation)})"
        )
    if not found:
        note("no policy was activated here yet")
    elif active.sha256 != found[0].policy_sha256:
        note(
            f"{home() / POLICY} is not what was activated last: somebody wrote or removed it. "
            "Activate the policy that should hold."
        )


def _refuse_without_anchors(policy: Policy) -> None:
    """Raise where the champion could not grade by a policy."""
    if runs.champion(home()) is None:
        return
    bundle = load_bundle(bundle_folder(None))
    try:
        policy.point_scale(bundle.horizon_days)
    except ModelError as error:
        message = f"{policy.policy_version} cannot grade with the champion. {error}"
        raise ModelError(message) from error


def _training_of(model_version: str) -> TrainingConfig:
    """Return settings whose definition of default is the one that a model was trained on."""
    packaged = load_config()
    try:
        default = runs.read_record(home(), model_version)["config"]["default"]
    except ModelError:  # a bundle from elsewhere: the packaged definition holds
        return packaged
    return packaged.with_options(
        default_on=tuple(default["on"]), keep_unexposed=default["keep_unexposed"]
    )


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _latest(as_of: date | None) -> date:
    return as_of or datetime.now(UTC).date()


def _last_day(ledger: Ledger) -> date:
    if ledger.last_day is None:
        message = f"The ledger {ledger.path} is empty: no day can be graded. Give another."
        raise LedgerError(message)
    return ledger.last_day


def _or_unread(activation: Activation) -> str:
    return activation.previous_version or "a file that was no policy"


@contextmanager
def _store() -> Iterator[Engine]:
    engine = store_engine()
    try:
        yield engine
    finally:
        engine.dispose()


def _diff_document(
    before: Policy, after: Policy, differences: Sequence[Difference]
) -> Mapping[str, object]:
    return {
        "policy_from": before.policy_version,
        "policy_to": after.policy_version,
        "equal": not differences,
        "same_text": before.sha256 == after.sha256,
        "differences": [
            {
                "key": found.key,
                "from": found.before,
                "to": found.after,
                "zh": found.meaning.zh,
                "en": found.meaning.en,
            }
            for found in differences
        ],
    }


def _finding_document(found: Finding) -> Mapping[str, object]:
    return {
        "code": found.code,
        "key": found.key,
        "severity": found.severity,
        "bites": found.bites,
        "customers": found.customers,
        "zh": found.text.zh,
        "en": found.text.en,
    }


def _activation_document(activation: Activation) -> Mapping[str, object]:
    return {**vars(activation), "activated_at": f"{activation.activated_at.isoformat()}Z"}
