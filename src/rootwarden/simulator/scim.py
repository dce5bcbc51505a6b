"""Users of a directory on loopback, listed as SCIM 2.0 has it (RFC 7644, section 3.4.2), with knobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from rootwarden.simulator.http import Fault, Reply

if TYPE_CHECKING:
    from rootwarden.simulator.http import Request


class ScimDirectory(msgspec.Struct, kw_only=True):
    """A directory.

    Attributes:
        token: The bearer token it wants.
        users: SCIM resources.
        page: The most users it gives at once, whatever is asked.
        miscount: How much its total is off.
        ever_new: Whether every page has the users of the first one.
        delay: Seconds every answer takes.
        fault: What happens to every answer on its way.
        asked: The queries so far.
    """

    token: str = "token"  # noqa: S105 - of a simulator
    users: list[dict[str, Any]] = msgspec.field(default_factory=list)
    page: int = 1000
    miscount: int = 0
    ever_new: bool = False
    delay: float = 0.0
    fault: Fault = Fault.NONE
    asked: list[dict[str, str]] = msgspec.field(default_factory=list)

    def respond(self, request: Request) -> Reply:
        """The answer to one request."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._reply({"status": "401"}, 401)
        if request.path != "/scim/v2/Users":
            return self._reply({"status": "404"}, 404)
        asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
        self.asked.append(asked)
        start, count = max(1, int(asked.get("startIndex", "1"))), max(0, int(asked.get("count", "100")))
        users = [user for user in self.users if _fits(user, asked.get("filter", ""))]
        begin = 0 if self.ever_new else start - 1
        shown = users[begin : begin + min(count, self.page)]
        listing = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": len(users) + self.miscount,
            "startIndex": start,
            "itemsPerPage": len(shown),
        }
        # RFC 7644, 3.4.2: without results there is no `Resources`.
        return self._reply(listing | ({"Resources": shown} if shown else {}), 200)

    def _reply(self, content: dict[str, Any], status: int) -> Reply:
        return Reply(
            status=status,
            content_type="application/scim+json",
            body=json.dumps(content).encode(),
            delay=self.delay,
            fault=self.fault,
        )


def _fits(user: dict[str, Any], wanted: str) -> bool:
    """Whether a user fits `attribute eq "value"`, the only filter this directory knows."""
    attribute, _, value = wanted.partition(" eq ")
    return not wanted or user.get(attribute) == json.loads(value)
