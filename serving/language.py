"""Which language a reader wants: Chinese and English are equal."""

from __future__ import annotations

from starlette.requests import Request

from models.explain.words import LANGUAGES

COOKIE = "tradegrade_lang"
_DEFAULT = "en"


def language_of(request: Request) -> str:
    """Return ``zh`` or ``en``: as ``lang`` in the query, the cookie, else Accept-Language says."""
    chosen = request.query_params.get("lang") or request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return accepted(request.headers.get("accept-language", ""))


def accepted(header: str) -> str:
    """Return the language that an Accept-Language header wants most; English if it wants neither.

    Examples
    --------
    >>> accepted("zh-CN,zh;q=0.9,en;q=0.8"), accepted("fr"), accepted("en;q=0.4, zh;q=0.5")
    ('zh', 'en', 'zh')
    """
    best, most = _DEFAULT, 0.0
    for part in header.split(","):
        name, _, weight = part.strip().partition(";q=")
        language = name.split("-")[0].lower()
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and quality > most:
            best, most = language, quality
    return best
