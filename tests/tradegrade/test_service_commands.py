"""Commands of the service: keys are told once, people get accounts, errors say the mend."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.database import open_database, store_url
from serving.keys.store import key_of
from serving.people.store import person_of
from tests.tradegrade.conftest import Workspace
from tradegrade.cli import cli


def test_a_key_is_told_once_as_json(workspace: Workspace) -> None:
    (told,) = workspace.json_lines("keys", "create", "--name", "shop", "--scopes", "grades:read")
    assert list(told) == ["id", "name", "scopes", "key"]
    assert (told["name"], told["scopes"]) == ("shop", ["grades:read"])
    engine = open_database(store_url(workspace.home))
    found = key_of(engine, told["key"])
    engine.dispose()
    assert found is not None
    assert found.key_id == told["id"]
    (listed,) = workspace.json_lines("keys", "list")
    assert listed["revoked_at"] is None
    assert told["key"] not in json.dumps(listed)


def test_a_key_for_a_person_stands_alone_on_standard_output(workspace: Workspace) -> None:
    made = workspace.run("keys", "create", "--name", "shop", "--scopes", "admin")
    assert made.stdout.strip().startswith("tg_")
    assert "not shown again" in made.stderr


def test_a_key_is_revoked(workspace: Workspace) -> None:
    (told,) = workspace.json_lines("keys", "create", "--name", "shop", "--scopes", "grades:read")
    assert workspace.run("keys", "revoke", told["id"]).exit_code == 0
    assert "revoked" in workspace.run("keys", "list").stdout
    again = workspace.run("keys", "revoke", told["id"])
    assert (again.exit_code, "keys list" in again.stderr) == (2, True)


def test_an_unknown_scope_is_refused_with_the_known_ones(workspace: Workspace) -> None:
    found = workspace.run("keys", "create", "--name", "x", "--scopes", "grades:write")
    assert found.exit_code == 2
    assert "grades:read, decisions:write" in found.stderr


def test_a_person_gets_an_account(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGRADE_PASSWORD", "correct horse battery")
    assert workspace.run("people", "create", "controller").exit_code == 0
    engine = open_database(store_url(workspace.home))
    person = person_of(engine, "controller", "correct horse battery")
    engine.dispose()
    assert person is not None
    assert person.scopes == ("grades:read",)
    assert workspace.run("people", "create", "controller").exit_code == 2


def test_an_account_is_disabled_and_gets_another_password(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_PASSWORD", "correct horse battery")
    workspace.run("people", "create", "controller")
    monkeypatch.setenv("TRADEGRADE_PASSWORD", "another long one")
    assert workspace.run("people", "password", "controller").exit_code == 0
    engine = open_database(store_url(workspace.home))
    assert person_of(engine, "controller", "correct horse battery") is None
    assert person_of(engine, "controller", "another long one") is not None
    assert workspace.run("people", "disable", "controller").exit_code == 0
    assert person_of(engine, "controller", "another long one") is None
    engine.dispose()
    (told,) = workspace.json_lines("people", "list")
    assert told == {"login": "controller", "scopes": ["grades:read"], "in_use": False}
    again = workspace.run("people", "disable", "controller")
    assert (again.exit_code, "people list" in again.stderr) == (2, True)


def test_a_password_is_asked_for_twice(workspace: Workspace) -> None:
    said = "correct horse battery\ncorrect horse battery\n"
    made = CliRunner().invoke(cli, ["people", "create", "controller"], input=said)
    assert made.exit_code == 0
    assert "correct horse" not in made.output


def test_serve_says_what_is_wrong_before_it_listens(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = workspace.run("serve", "--ledger", tmp_path / "none")
    assert (found.exit_code, "folder of a ledger" in found.stderr) == (2, True)
    monkeypatch.setenv("TRADEGRADE_WATCH_SECONDS", "often")
    found = workspace.run("serve", "--port", "0")
    assert found.exit_code == 2
    assert "TRADEGRADE_WATCH_SECONDS" in found.stderr
    assert "often" not in found.stderr


def test_the_workspaces_own_policy_grades_where_it_has_one(
    workspace: Workspace, shop: Path
) -> None:
    from tests.models.bundles import POLICY_TEXT

    given = ("grade", "--ledger", shop, "--as-of", "2025-12-31")
    assert workspace.json_lines(*given)[0]["policy_version"].startswith("default-1-")
    text = POLICY_TEXT.replace('name = "default"', 'name = "mine"').replace(
        'version = "1"', 'version = "3"'
    )
    (workspace.home / "policy.toml").write_text(text, encoding="utf-8")
    assert workspace.json_lines(*given)[0]["policy_version"].startswith("mine-3-")
    (workspace.home / "policy.toml").write_text("broken = [", encoding="utf-8")
    assert workspace.run(*given).exit_code == 4
