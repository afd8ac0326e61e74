"""Draw a page: templates, the reader's language, and the headers of every page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from serving.language import language_of
from serving.pages.forms import address_without
from serving.pages.visitors import Visitor
from serving.pages.words import Words, words_of

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}
STATIC = {"style.css": "text/css; charset=utf-8", "favicon.svg": "image/svg+xml"}
_CODE = re.compile(r"`([^`]+)`")


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    visitor: Visitor | None = None,
    **parts: object,
) -> Response:
    """Return a page in the language of its reader.

    Parameters
    ----------
    request : Request
        What it answers.
    template : str
        File of ``templates``.
    status : int
        HTTP status.
    headers : mapping of str to str, optional
        Besides those of every page.
    visitor : Visitor, optional
        Who is logged in.
    **parts : object
        What the template shows.
    """
    words = words_of(language_of(request))
    text = (
        environment(words.language)
        .get_template(template)
        .render(
            parts,
            words=words,
            visitor=visitor,
            path=request.url.path,
            here=address_without(request, "lang"),
        )
    )
    told = {**HEADERS, "Content-Language": words.html_language, **(headers or {})}
    return HTMLResponse(text, status_code=status, headers=told)


@cache
def environment(language: str) -> Environment:
    """Return the templates with the words of a language."""
    words = words_of(language)
    drawn = Environment(
        loader=PackageLoader("serving.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    drawn.policies["ext.i18n.trimmed"] = True
    drawn.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True
    )
    drawn.filters |= _filters(words)
    drawn.globals |= {"style": f"/static/style.css?v={static('style.css')[1]}"}
    return drawn


@cache
def static(name: str) -> tuple[bytes, str]:
    """Return a file of ``static`` and a short hash of it."""
    content = (resources.files("serving.pages") / "static" / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def customer_link(customer_id: str, as_of: str | None = None) -> str:
    """Return the address of a customer's page.

    Examples
    --------
    >>> customer_link("A/1 ?"), customer_link("C1", "2025-12-31")
    ('/customers/A%2F1%20%3F', '/customers/C1?as_of=2025-12-31')
    """
    day = f"?{urlencode({'as_of': as_of})}" if as_of else ""
    return f"/customers/{quote(customer_id, safe='')}{day}"


def with_code(sentence: str) -> Markup:
    """Return a sentence with its `commands` set as code.

    Examples
    --------
    >>> with_code("Run `grade` <now>.")
    Markup('Run <code>grade</code> &lt;now&gt;.')
    """
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped


def _filters(words: Words) -> dict[str, object]:
    return {
        "money": words.money,
        "number": words.number,
        "points": words.points,
        "share": words.share,
        "day": words.day,
        "customer_link": customer_link,
        "with_code": with_code,
        "quoted": lambda text: quote(text, safe=""),
    }
