"""Whose credentials sign a call, without a client for each of them.

botocore binds credentials to a client when it is made. A client costs tens of milliseconds and a connection pool, so
thousands of accounts share one client per service and region, and the credentials it signs with are those of the
account the running thread is working on.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from botocore.credentials import Credentials, ReadOnlyCredentials

if TYPE_CHECKING:
    from collections.abc import Iterator

_current: ContextVar[ReadOnlyCredentials | None] = ContextVar("current_credentials", default=None)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials for one account. The secret parts never show in a repr.

    Attributes:
        account: Twelve digits.
        access_key_id: Shown; it is what CloudTrail records.
        expires_at: When AWS stops accepting them.
    """

    account: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Identity(account={self.account!r}, access_key_id={self.access_key_id!r})"

    __str__ = __repr__


class SharedCredentials(Credentials):
    """Credentials of a shared client: the running thread's account, else the caller's own."""

    def __init__(self, own: Credentials) -> None:
        super().__init__(access_key="shared", secret_key="shared", method="rootwarden")  # noqa: S106 - never signs
        self._own = own

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What botocore signs the request with."""
        return _current.get() or self._own.get_frozen_credentials()


@contextmanager
def signing_as(identity: Identity | None) -> Iterator[None]:
    """Sign every call of this thread with an account's credentials; `None` is the caller itself."""
    frozen = None
    if identity is not None:
        frozen = ReadOnlyCredentials(identity.access_key_id, identity.secret_access_key, identity.session_token)
    token = _current.set(frozen)
    try:
        yield
    finally:
        _current.reset(token)
