"""What the codes of policies, ledgers and gradings are called; a code that is not here stays."""

from __future__ import annotations

from collections.abc import Mapping

from serving.pages.words import Words, _

APPROVALS: Mapping[str, str] = {
    "automatic": _("Automatic"),
    "fast-lane": _("Fast lane: an old, clean customer"),
    "sales-manager": _("Sales manager"),
    "credit-manager": _("Credit manager"),
    "finance-director": _("Finance director"),
}
CONTRACTS: Mapping[str, str] = {
    "standard-open-account": _("Standard, open account"),
    "secured-instalments": _("Secured, in instalments"),
    "cash-in-advance": _("Cash in advance"),
}
INDICATORS: Mapping[str, str] = {
    "payment_timeliness": _("Payment timeliness"),
    "overdue_count": _("Overdue count"),
    "amount_and_frequency": _("Amount and frequency"),
    "industry_score": _("Industry credit score"),
    "litigation": _("Litigation"),
}
FAMILIES: Mapping[str, str] = {
    "timeliness": _("Payment timeliness"),
    "overdue": _("Overdue"),
    "trading": _("Trading"),
    "litigation": _("Litigation"),
    "external": _("Outside scores and signals"),
    "data": _("Data and default"),
}
ADJUSTMENT_KINDS: Mapping[str, str] = {
    "bound": _("End of the scale"),
    "provisional": _("Provisional grade"),
    "ceiling": _("Ceiling"),
    "hysteresis": _("Margin for upgrades"),
    "override": _("Override"),
}
ROW_CODES: Mapping[str, str] = {
    "lawsuit": _("Lawsuit"),
    "judgment": _("Judgment"),
    "enforcement": _("Enforcement"),
    "dishonest": _("Dishonest listing"),
    "bankruptcy": _("Bankruptcy"),
    "open": _("Open"),
    "fulfilled": _("Fulfilled"),
    "cancelled": _("Cancelled"),
    "returned": _("Returned"),
    "negative_news": _("Negative news"),
    "complaint": _("Complaint"),
    "return": _("Return"),
    "contract_breach": _("Breach of contract"),
    "contact_change": _("Change of contact"),
    "address_change": _("Change of address"),
    "supplier_review": _("Supplier review"),
    "financial_statement": _("Financial statement"),
}


def named(codes: Mapping[str, str], code: str, words: Words) -> str:
    """Return what a code is called in a language; an unknown code as it is."""
    return words.gettext(codes[code]) if code in codes else code
