"""Who looks at a page: the person in the session that the browser shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from models.explain.words import Text
from serving.errors import NOT_LOGGED_IN, Kind, Problem
from serving.people.login import COOKIE, form_token
from serving.people.store import Person, person_in_session
from serving.scopes import allows
from serving.service import service_of

PAGE_SCOPE = "grades:read"
NO_ACCESS = Kind("no-access", 403, Text("没有查看权限", "You may not see this page"))


@dataclass(frozen=True)
class Visitor:
    """Somebody who is logged in, with the token of the session."""

    person: Person
    token: str

    @property
    def form_token(self) -> str:
        """What the forms of this session carry."""
        return form_token(self.token)


def visitor_of(request: Request) -> Visitor | None:
    """Return who is logged in, None if nobody is."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    person = person_in_session(service_of(request).engine, token)
    return None if person is None else Visitor(person, token)


def reader_of(request: Request) -> Visitor:
    """Return who is logged in and may see grades.

    Raises
    ------
    Problem
        401, which `serving.pages.problems.error_page` turns into the way to the login; 403
        without the scope.
    """
    visitor = visitor_of(request)
    if visitor is None:
        raise Problem(NOT_LOGGED_IN, Text("请先登录。", "Log in first."))
    request.state.visitor = visitor
    if not allows(visitor.person.scopes, PAGE_SCOPE):
        raise Problem(
            NO_ACCESS,
            Text(
                f"该账号缺少权限{PAGE_SCOPE}，请联系管理员。",
                f"This account lacks the scope {PAGE_SCOPE}. Ask the administrator for it.",
            ),
        )
    return visitor


Reader = Annotated[Visitor, Depends(reader_of)]
