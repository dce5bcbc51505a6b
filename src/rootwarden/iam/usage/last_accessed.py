"""What IAM itself says about services last accessed (`get-service-last-accessed-details`), as far as it decides.

IAM counts attempts, also those that were refused, looks back 400 days, and leaves `iam:PassRole` out (IAM user guide,
*Refining permissions using last accessed information*). It knows of data events, which a trail mostly does not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.instant import parse_instant

LOOKS_BACK: Final = timedelta(days=400)
# Usually it shows up within four hours.
_LATE: Final = timedelta(hours=4)
NOT_TRACKED: Final = frozenset({"iam:passrole"})
_LARGEST: Final = 32 * 1024**2


class _Action(
    msgspec.Struct, frozen=True, rename={"name": "ActionName", "last": "LastAccessedTime", "by": "LastAccessedEntity"}
):
    name: str
    last: str | float | None = None
    by: str | None = None


class _Service(
    msgspec.Struct,
    frozen=True,
    rename={
        "namespace": "ServiceNamespace",
        "last": "LastAuthenticated",
        "by": "LastAuthenticatedEntity",
        "actions": "TrackedActionsLastAccessed",
    },
):
    namespace: str
    last: str | float | None = None
    by: str | None = None
    actions: list[_Action] | None = None


class _Answer(
    msgspec.Struct,
    frozen=True,
    rename={
        "status": "JobStatus",
        "created": "JobCreationDate",
        "services": "ServicesLastAccessed",
        "cut": "IsTruncated",
    },
):
    status: str
    services: list[_Service]
    created: str | float | None = None
    cut: bool = False


class LastAccessed(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        arn: Whom it is about.
        asked: When IAM made it.
        services: When each service it names was last tried; `None` for not in 400 days.
        actions: When each action it tracks was, by full name in lower case.
    """

    arn: str
    asked: datetime
    services: dict[str, datetime | None]
    actions: dict[str, datetime | None]

    def of(self, action: str) -> tuple[bool, datetime | None]:
        """Whether it tells about an action, and when that was last tried.

        A service that nobody tried means that none of its actions was. One that was tried tells nothing about an
        action that is not tracked.
        """
        name = action.lower()
        if name in NOT_TRACKED:
            return False, None
        if name in self.actions:
            return True, self.actions[name]
        service = name.partition(":")[0]
        return service in self.services and self.services[service] is None, None

    def covers(self, start: datetime | None, end: datetime) -> bool:
        """Whether it looks at the whole window."""
        return self.asked - _LATE >= end and (start is None or start >= self.asked - LOOKS_BACK)


def read_last_accessed(content: bytes, *, arn: str = "", file: str = "") -> LastAccessed:
    """Read what `aws iam get-service-last-accessed-details` prints.

    Args:
        content: The answer.
        arn: Whom it is about; if not given, who last used a service, when that is one only.
        file: Its name, for messages.

    Raises:
        InputError: It is something else, unfinished, one page of several, or nobody can tell whom it is about.
    """
    try:
        found = msgspec.json.decode(content, type=_Answer) if len(content) <= _LARGEST else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = None
    hint = "give what `aws iam get-service-last-accessed-details` prints, as `ARN=FILE`"
    if found is None:
        raise InputError(f"`{file}` is no answer about services last accessed", hint=hint)
    asked = _instant(found.created)
    if found.status != "COMPLETED" or found.cut or asked is None:
        raise InputError(
            f"`{file}` is not a whole answer: the job is unfinished, or it is one page of several", hint=hint
        )
    named = {each.by for each in found.services if each.by}
    if not arn and len(named) != 1:
        raise InputError(f"`{file}` does not say whom it is about", hint="name them: `--last-accessed ARN=FILE`")
    actions = [
        (f"{each.namespace}:{one.name}".lower(), one.last) for each in found.services for one in each.actions or ()
    ]
    times = [each.last for each in found.services] + [last for _, last in actions]
    if any(last is not None and _instant(last) is None for last in times):
        raise InputError(f"`{file}` has an instant that cannot be read", hint=hint)
    return LastAccessed(
        arn=arn or named.pop(),
        asked=asked,
        services={each.namespace.lower(): _instant(each.last) for each in found.services},
        actions={name: _instant(last) for name, last in actions},
    )


def _instant(written: str | float | None) -> datetime | None:
    if isinstance(written, str):
        return parse_instant(written)
    try:
        return datetime.fromtimestamp(written, tz=UTC) if written is not None else None
    except (OverflowError, ValueError, OSError):
        return None
