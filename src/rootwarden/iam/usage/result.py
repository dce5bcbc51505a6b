"""What was found about each principal and each account, as reports take it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Use(StrEnum):
    """How an action was used.

    `DONE`: a call of the principal itself succeeded. `BY_SERVICE`: only calls that an AWS service made with its
    permissions. `FAILED`: none succeeded, though not for want of permission. `DENIED`: every call was refused.
    """

    DONE = "done"
    BY_SERVICE = "by_service"
    FAILED = "failed"
    DENIED = "denied"


class Why(StrEnum):
    """Why nobody can tell whether an action was used."""

    NO_LOG = "no_log"
    UNREAD = "unread"
    NOT_RECORDED = "not_recorded"
    DATA_EVENT = "data_event"
    NO_CALL = "no_call"
    PERHAPS = "perhaps"
    LEFT_OUT = "left_out"
    UNKNOWN_EVENT = "unknown_event"
    ACCESSED = "accessed"


WORDS = {
    Why.NO_LOG: "no record of the account was read",
    Why.UNREAD: "part of the log could not be read",
    Why.NOT_RECORDED: "CloudTrail does not record it",
    Why.DATA_EVENT: "it is a data event, which trails have only where they are told to",
    Why.NO_CALL: "no call of its name is known, it goes along with others",
    Why.PERHAPS: "a call that was made may have needed it",
    Why.LEFT_OUT: "the log has no events of that kind at all, a trail may leave them out",
    Why.UNKNOWN_EVENT: "an event of the service that we cannot map may have needed it",
    Why.ACCESSED: "IAM says it was tried, and the log does not show it",
}


class UsedAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action and how it was used.

    Attributes:
        action: As policies have it.
        use: How.
        first: Earliest instant; empty where no record tells.
        last: Latest.
        days: On how many days.
        via: Services that used it with the principal's permissions.
        resources: ARNs it was used on; `None` where the records do not tell.
        inferred: No event is named so: a call needed it besides.
        granted: Whether the principal's own policies allow it somewhere now; `None` where that is not known, for root,
            and for `sts:GetCallerIdentity`, of which no policy is asked.
    """

    action: str
    use: Use
    first: str = ""
    last: str = ""
    days: int = 0
    via: tuple[str, ...] = ()
    resources: tuple[str, ...] | None = None
    inferred: bool = False
    granted: bool | None = None


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Granted actions of which nobody can tell whether they were used, and why."""

    why: Why
    actions: tuple[str, ...]


class NoLongerGranted(msgspec.Struct, frozen=True, kw_only=True):
    """An action that was used and that the principal's own policies do not allow now.

    Attributes:
        action: As policies have it.
        resource: The ARN it was used on, or `*`.
        blocking: What denies it or does not allow it: layer, policy, position of the statement.
    """

    action: str
    resource: str = "*"
    blocking: tuple[str, ...] = ()


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of a role and who is behind them.

    Attributes:
        path: ARNs, or what the log calls them: who began, and every role on the way to this one.
        actions: What was done in such sessions.
    """

    path: tuple[str, ...]
    actions: tuple[str, ...]


class UnknownEvent(msgspec.Struct, frozen=True, order=True):
    """An event that leads to no action we know."""

    source: str
    name: str


class PrincipalUsage(msgspec.Struct, frozen=True, kw_only=True):
    """One user, role or root user.

    Attributes:
        arn: The principal, or its unique id where that is all we know.
        kind: `user`, `role` or `root`.
        account: Twelve digits.
        granted: How many actions its policies allow, somewhere; `None` without an account dump, and for root.
        exists: Whether an account dump has it; `None` where there is no dump of its account.
        used: Actions that were used or tried.
        unused: Granted, and not used in what the log shows.
        escalation: Those of the unused that are part of a way up.
        unjudged: Granted, and nobody can tell.
        no_longer_granted: Used, and not granted by its own policies now.
        unknown_events: Events that lead to no action we know.
        chains: Who was behind a role's sessions, as far as the log tells.
        reached: Roles whose sessions this one is behind.
        source_identities: Source identities its sessions carried.
        unreadable: Policies that cannot be read, and so may grant or deny anything.
    """

    arn: str
    kind: str
    account: str
    granted: int | None = None
    exists: bool | None = None
    used: tuple[UsedAction, ...] = ()
    unused: tuple[str, ...] = ()
    escalation: tuple[str, ...] = ()
    unjudged: tuple[Doubt, ...] = ()
    no_longer_granted: tuple[NoLongerGranted, ...] = ()
    unknown_events: tuple[UnknownEvent, ...] = ()
    chains: tuple[Chain, ...] = ()
    reached: tuple[str, ...] = ()
    source_identities: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name without path."""
        return self.arn.rpartition("/")[2]


class AccountCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the log shows of one account.

    Attributes:
        id: Twelve digits.
        first: Earliest event, of anybody; empty where there is none.
        last: Latest.
        days: Days with events.
        days_without: Days without any, between `first` and `last`.
        data_events: Services with data events.
        reads: Whether it has read-only management events.
        writes: Whether it has others.
        dump: Whether its users and roles are known.
        unread: Files about it, or about nobody knows whom, that could not be read.
    """

    id: str
    first: str = ""
    last: str = ""
    days: int = 0
    days_without: int = 0
    data_events: tuple[str, ...] = ()
    reads: bool = False
    writes: bool = False
    dump: bool = False
    unread: int = 0


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.

    Attributes:
        principals: In order of account and ARN.
        accounts: In order of id.
        others: Callers that are no users or roles, by kind.
        catalogue: Which state of the action catalogue it was made with.
        chains_cut: Whether there were too many sessions to tell who is behind them.
        undated: Whether some records had no readable time, and so may lie outside the window.
    """

    principals: tuple[PrincipalUsage, ...]
    accounts: tuple[AccountCoverage, ...]
    others: dict[str, int] = {}
    catalogue: str = ""
    chains_cut: bool = False
    undated: bool = False
