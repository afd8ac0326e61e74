"""Commands of the service: serve, keys for programs, accounts for people."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
from sqlalchemy import Engine

from features.errors import UnavailableError
from serving.keys.store import ApiKey, create_key, keys, revoke_key
from serving.people.store import create_person, disable_person, people, set_password
from serving.scopes import SCOPES
from tradegrade.options import A_PATH, json_option
from tradegrade.output import note, print_json
from tradegrade.workspace import grader, grader_stamp, ready_home, store_engine

_PASSWORD = "TRADEGRADE_PASSWORD"  # noqa: S105 - the name of a variable


@click.command()
@click.option("--ledger", type=A_PATH, help="Ledger to grade, and to show the rows of.")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 8000 if not given, 0 is any.")
def serve(ledger: Path | None, host: str | None, port: int | None) -> None:
    """Serve grades over HTTP and finance's pages, until interrupted.

    With --ledger the book of the ledger's last day is graded and stored where the store lacks
    it, and again when ledger, champion or policy change. Settings: TRADEGRADE_*, see
    serving/README.md.
    """
    try:
        from serving.live import Sources  # noqa: PLC0415 - what only the server needs
        from serving.run import serve as run  # noqa: PLC0415
        from serving.settings import load_settings  # noqa: PLC0415
    except ImportError as error:
        message = f"{error.name} is not installed. Install Tradegrade with the extra `serve`."
        raise UnavailableError(message) from error
    if ledger is not None and not ledger.is_dir():
        message = f"There is no folder {ledger}. Give --ledger the folder of a ledger's files."
        raise click.UsageError(message)
    settings = load_settings(home=ready_home(), ledger=ledger, host=host, port=port)
    sources = Sources(grader=lambda: grader(None, None), stamp=grader_stamp, grade_book=_grade_book)
    run(settings, sources, note)


@click.group("keys")
def keys_group() -> None:
    """Make, list and revoke the API keys of programs."""


@keys_group.command("create")
@click.option("--name", required=True, help="Of the program that will use it.")
@click.option("--scopes", required=True, help=f"Joined by commas: {', '.join(SCOPES)}.")
@json_option()
def create(name: str, scopes: str, as_json: bool) -> None:
    """Make a key; it is told once and kept nowhere."""
    with _store() as engine:
        key, secret = create_key(engine, name, scopes.split(","))
    if as_json:
        print_json([_key_document(key, secret)])
    else:
        click.echo(secret)
        note(f"key {key.key_id} for {key.name}: {', '.join(key.scopes)}. It is not shown again.")


@keys_group.command("list")
@json_option()
def list_keys(as_json: bool) -> None:
    """List the keys, without what opens."""
    with _store() as engine:
        found = keys(engine)
    if as_json:
        print_json([_key_document(key) for key in found])
        return
    for key in found:
        state = "in use" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
        click.echo(f"{key.key_id}  {state:<24} {key.name}  {','.join(key.scopes)}")


@keys_group.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Let nobody in by a key any more; a running server follows within seconds."""
    with _store() as engine:
        revoke_key(engine, key_id)
    click.echo(f"revoked {key_id}")


@click.group("people")
def people_group() -> None:
    """Make, list and disable the accounts of people who use the pages."""


@people_group.command("create")
@click.argument("login")
@click.option("--scopes", default="grades:read", show_default=True, help="Joined by commas.")
def create_account(login: str, scopes: str) -> None:
    """Let a person log in; the password is asked for, or read from TRADEGRADE_PASSWORD."""
    password = _password()
    with _store() as engine:
        person = create_person(engine, login, password, scopes.split(","))
    click.echo(f"{person.login} may log in: {', '.join(person.scopes)}")


@people_group.command("password")
@click.argument("login")
def change_password(login: str) -> None:
    """Give a person another password, asked for or read as `create` does; sessions end."""
    password = _password()
    with _store() as engine:
        set_password(engine, login, password)
    click.echo(f"{login} has another password")


@people_group.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Let a person in no more; sessions end at once."""
    with _store() as engine:
        disable_person(engine, login)
    click.echo(f"disabled {login}")


@people_group.command("list")
@json_option()
def list_people(as_json: bool) -> None:
    """List the accounts."""
    with _store() as engine:
        found = people(engine)
    if as_json:
        print_json(
            {"login": person.login, "scopes": list(person.scopes), "in_use": in_use}
            for person, in_use in found
        )
        return
    for person, in_use in found:
        state = "in use" if in_use else "disabled"
        click.echo(f"{person.login}  {state}  {','.join(person.scopes)}")


def _password() -> str:
    given = os.environ.get(_PASSWORD)
    if given is not None:
        return given
    told: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return told


@contextmanager
def _store() -> Iterator[Engine]:
    engine = store_engine()
    try:
        yield engine
    finally:
        engine.dispose()


def _key_document(key: ApiKey, secret: str | None = None) -> dict[str, object]:
    document: dict[str, object] = {
        "id": key.key_id,
        "name": key.name,
        "scopes": list(key.scopes),
    }
    if secret is not None:
        return document | {"key": secret}
    revoked = None if key.revoked_at is None else key.revoked_at.isoformat()
    return document | {"created_at": key.created_at.isoformat(), "revoked_at": revoked}


def _grade_book(ledger: Path, as_of: date) -> None:
    """Grade and store a book in a process of its own: the server stays small and answers."""
    command = [sys.executable, "-P", "-m", "tradegrade", "grade", "--ledger", str(ledger.resolve()),
               "--as-of", as_of.isoformat(), "--store"]  # fmt: skip
    done = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, check=False,
        env={**os.environ, "TRADEGRADE_HOME": str(ready_home().resolve())},
    )  # fmt: skip
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no word"])[-1]
        message = f"The book of {as_of} was not graded: {told}"
        raise UnavailableError(message)
