"""Write docs/features.md, the reference of every feature, from the catalogue."""

from __future__ import annotations

from pathlib import Path

import click

from features.catalogue import CATALOGUE, FAMILIES
from features.feature import Evidence, Family, Feature
from features.settings import SETTINGS

PAGE = Path(__file__).parents[1] / "docs" / "features.md"

_HEAD = f"""\
# The features

Written by `make docs` from the catalogue (`features/families/`); a test holds it to that.

A snapshot is one row per customer and as-of date, with these {len(CATALOGUE)} features in this
order. Only what was known on the as-of date counts. How to read an entry:

- **window**: n days as of D are (D − n, D]. **Anchor**: the date by which a row falls in it.
- **direction**: what a higher value does to the risk; the trees are held to it.
- **null**: *unknown* stays null where it cannot be told, and is never taken as 0. *Never* means
  that what did not happen counts as the whole history; null only where the table is absent.
- **model**: whether the trees learn from it. What tells of our knowledge and not of the customer
  they do not see.
- **evidence**: the rows that are shown for the feature. Where they are *additive* the feature is
  a sum over them, and points can be given per row.
- Amounts are in units of the ledger's currency. Grace after the due date:
  {SETTINGS.grace_days} days. What is left open counts as paid up to
  {SETTINGS.floor_minor / 100:.2f} or {SETTINGS.floor_permille / 10:.1f} % of the invoice,
  whichever is larger.
"""
_DIRECTIONS = {1: "raises the risk", -1: "lowers the risk", 0: "free"}


def feature_reference() -> str:
    """Return the page: equal catalogues give equal text."""
    sections = [_HEAD, _contents(), *(_section(family) for family in FAMILIES)]
    return "\n".join(sections)


def _contents() -> str:
    lines = ["| family | features |", "|---|---|"]
    for family in FAMILIES:
        names = ", ".join(f"[{f.name}](#{f.name})" for f in family.features)
        lines.append(f"| [{family.name}](#{family.name}) | {names} |")
    return "\n".join(lines) + "\n"


def _section(family: Family) -> str:
    return "\n".join([f"## {family.name}\n", *(_entry(feature) for feature in family.features)])


def _entry(feature: Feature) -> str:
    window = "none" if feature.window_days is None else f"{feature.window_days} days"
    return (
        f"### {feature.name}\n\n"
        f"**{feature.label_en}** · {feature.label_zh}\n\n"
        f"{feature.meaning_en}.\n\n"
        f"{feature.meaning_zh}。\n\n"
        "| version | unit | window | anchor | direction | null | model | evidence |\n"
        "|---|---|---|---|---|---|---|---|\n"
        f"| {feature.version} | {feature.unit} | {window} | {feature.anchor} | "
        f"{_DIRECTIONS[feature.direction]} | {feature.null} | "
        f"{'learns from it' if feature.modelled else 'does not see it'} | "
        f"{_evidence(feature.evidence)} |\n"
    )


def _evidence(evidence: Evidence | None) -> str:
    if evidence is None:
        return "none: an attribute of the customer"
    return f"{evidence.relation}{', additive' if evidence.additive else ''}"


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(feature_reference(), encoding="utf-8")
    click.echo(f"wrote {len(CATALOGUE)} features to {PAGE.relative_to(Path(__file__).parents[1])}")


if __name__ == "__main__":
    main()
