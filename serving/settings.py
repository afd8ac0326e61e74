"""The settings of the service: environment variables that begin with TRADEGRADE_."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import UsageError

PREFIX = "TRADEGRADE_"


class Settings(BaseSettings):
    """What a server can be told; every field can be set by TRADEGRADE_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    home: Path = Field(Path("var"), description="Folder of everything a run writes.")
    database_url: str = Field("", description="PostgreSQL store; empty is SQLite in the home.")
    ledger: Path | None = Field(None, description="Ledger to grade and to show the rows of.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    watch_seconds: float = Field(
        1.0, gt=0, le=3600, description="How often champion, policy and ledger are looked at."
    )
    ledger_wait_seconds: float = Field(
        20.0, ge=0, description="How long a request waits for a ledger that is being opened."
    )
    graceful_seconds: int = Field(
        20, ge=0, description="How long requests may go on after the server was told to end."
    )
    largest_body_bytes: int = Field(
        4_194_304, ge=1024, description="A longer body is refused with 413."
    )
    key_seconds: float = Field(
        2.0,
        ge=0,
        le=60,
        description="How long a key is taken as good before it is looked up again.",
    )
    session_hours: float = Field(
        12.0, gt=0, le=720, description="How long a person stays logged in."
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="Least level that is logged."
    )


def load_settings(**given: object) -> Settings:
    """Return the settings of the environment; what is given here and is not None wins.

    Raises
    ------
    UsageError
        If one has a value that it cannot have; the value itself is not repeated.
    """
    try:
        told: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
        return Settings(**told)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        message = f"The setting {name} cannot be used: {first['msg']}. See serving/README.md."
        raise UsageError(message) from error
