"""From one role into the next: who is behind a session, by the temporary keys that `sts:AssumeRole` gave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.usage.caller import Caller, Kind, account_in, role_of_session

if TYPE_CHECKING:
    from rootwarden.iam.usage.census import Census
    from rootwarden.iam.usage.tally import Call, Issue, Tally

# A session lasts an hour at most when it was made from another; a longer chain is a made-up one.
_LONGEST: Final = 32


def chains(tally: Tally, census: Census) -> dict[Caller, dict[tuple[Caller, ...], set[Call]]]:
    """What each role did in sessions of which the log tells who began them.

    Returns:
        By role, and by who was behind it: the first caller, then every role on the way.
    """
    found: dict[Caller, dict[tuple[Caller, ...], set[Call]]] = {}
    for key, calls in (tally.sessions or {}).items():
        issue = tally.issued.get(key)
        if issue is not None and ":assumed-role/" in issue.role:
            role = census.resolve(_role(issue))
            found.setdefault(role, {}).setdefault(_path(issue, tally.issued, census), set()).update(calls)
    return found


def _role(issue: Issue) -> Caller:
    arn = role_of_session(issue.role)
    return Caller(Kind.ROLE, arn, account_in(arn))


def _path(issue: Issue, issued: dict[str, Issue], census: Census) -> tuple[Caller, ...]:
    path = [census.resolve(issue.caller)]
    seen: set[str] = set()
    while issue.key in issued and issue.key not in seen and len(path) < _LONGEST:
        seen.add(issue.key)
        issue = issued[issue.key]
        path.append(census.resolve(issue.caller))
    return tuple(reversed(path))
