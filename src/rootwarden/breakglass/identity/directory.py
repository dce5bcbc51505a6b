"""Users of a directory, read as a SCIM 2.0 client: RFC 7644, section 3.4.2, with its filter and paging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from rootwarden.breakglass.identity.leavers import MOST, Listed
from rootwarden.breakglass.identity.refusals import UnreachableError

if TYPE_CHECKING:
    from rootwarden.alert.secret import Secret
    from rootwarden.breakglass.identity.fetching import Fetcher

PAGE: Final = 200
_ATTRIBUTES: Final = "id,externalId,userName,active"


class _User(msgspec.Struct, rename="camel"):
    id: str = ""
    external_id: str | None = None
    user_name: str = ""
    active: bool | None = None


class _Page(msgspec.Struct):
    total: int = msgspec.field(name="totalResults")
    users: list[_User] = msgspec.field(name="Resources", default_factory=list)


class Directory:
    """A SCIM service.

    Args:
        base: Its address, up to but without `/Users`.
        token: Bearer token that may read users.
        fetcher: Asks it.
        filter_text: Filter of RFC 7644, section 3.4.2.2, for directories with more users than matter here.
    """

    def __init__(self, base: str, token: Secret, fetcher: Fetcher, *, filter_text: str = "") -> None:
        fetcher.check_url(base)
        self._base = base.rstrip("/")
        self._token = token
        self._fetcher = fetcher
        self._filter = filter_text

    async def users(self) -> tuple[Listed, ...]:
        """All users, whole or not at all: half a listing would make leavers of those on the other half.

        Raises:
            UnreachableError: It does not answer as RFC 7644 says, or its list changed while it was read.
        """
        users: dict[str, Listed] = {}
        first = await self._page(1)
        page, read = first, 0
        while page.users:
            for user in page.users:
                users[user.id] = _listed(user)
            read += len(page.users)
            if read >= first.total or read > MOST:
                break
            page = await self._page(read + 1)
            if page.total != first.total:
                break
        if not read == len(users) == first.total == page.total:
            raise UnreachableError(
                f"the {self._fetcher.what} counts {first.total} users and lists {len(users)}: nobody is taken for gone"
            )
        return tuple(users.values())

    async def _page(self, start: int) -> _Page:
        query = {"startIndex": str(start), "count": str(PAGE), "attributes": _ATTRIBUTES}
        if self._filter:
            query["filter"] = self._filter
        return await self._fetcher.ask(
            _Page,
            f"{self._base}/Users?{urlencode(query)}",
            headers={"accept": "application/scim+json", "authorization": f"Bearer {self._token.reveal()}"},
        )


def _listed(user: _User) -> Listed:
    # Not their mail addresses: in many directories people change those themselves.
    return Listed(names=frozenset({user.id, user.external_id or "", user.user_name} - {""}), active=user.active)
