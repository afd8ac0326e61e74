"""Let a request in by its key, if the key may do what is asked."""

from __future__ import annotations

import time
from threading import Lock

from sqlalchemy import Engine
from starlette.requests import Request

from models.explain.words import Text
from serving.errors import NOT_ALLOWED, NOT_LOGGED_IN, Problem
from serving.keys.store import ApiKey, key_of
from serving.scopes import allows

_MOST_HELD = 1024


class Access:
    """Keys looked up in the store, and held for a moment."""

    def __init__(self, engine: Engine, *, seconds: float) -> None:
        """Use a store.

        Parameters
        ----------
        engine : Engine
            The store.
        seconds : float
            How long a key is taken as good before it is looked up again: a revoked key may
            be let in for so long.
        """
        self._engine = engine
        self._seconds = seconds
        self._held: dict[str, tuple[float, ApiKey]] = {}
        self._lock = Lock()

    def key(self, request: Request, scope: str) -> ApiKey:
        """Return the key of a request that may do what the scope says.

        Raises
        ------
        Problem
            401 without a good key, 403 if it lacks the scope.
        """
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        key = self._known(secret.strip()) if kind.lower() == "bearer" else None
        if key is None:
            raise Problem(
                NOT_LOGGED_IN,
                Text(
                    "请在请求头中提供Authorization: Bearer 密钥。密钥由"
                    "`tradegrade keys create`生成。",
                    "Send the header Authorization: Bearer KEY, with a key from "
                    "`tradegrade keys create`.",
                ),
                headers={"WWW-Authenticate": 'Bearer realm="tradegrade"'},
            )
        if not allows(key.scopes, scope):
            raise Problem(
                NOT_ALLOWED,
                Text(
                    f"该操作需要权限{scope}，请使用具有该权限的密钥。",
                    f"This needs the scope {scope}. Use a key that has it.",
                ),
            )
        request.scope["client_name"] = key.key_id
        return key

    def _known(self, secret: str) -> ApiKey | None:
        now = time.monotonic()
        held = self._held.get(secret)
        if held is not None and now - held[0] < self._seconds:
            return held[1]
        key = key_of(self._engine, secret) if secret else None
        with self._lock:
            if key is None:
                self._held.pop(secret, None)
            elif self._seconds:
                if len(self._held) >= _MOST_HELD:
                    self._held.clear()
                self._held[secret] = now, key
        return key
