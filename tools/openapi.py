"""Write the OpenAPI document of the service: what other programs are written against."""

from __future__ import annotations

import json
from pathlib import Path

import click

from serving.app import create_app

PAGE = Path(__file__).parents[1] / "docs" / "openapi.json"


def openapi_text() -> str:
    """Return the document as it stands in docs/."""
    return json.dumps(create_app(None).openapi(), indent=1, ensure_ascii=False) + "\n"


@click.command()
def openapi() -> None:
    """Write docs/openapi.json from the routes."""
    PAGE.write_text(openapi_text(), encoding="utf-8")
    click.echo(f"wrote {PAGE}")


if __name__ == "__main__":
    openapi()
