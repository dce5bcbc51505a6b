"""What is said of a call: the words of docs/guardrails-replay.md as records."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What comes of a call under a change."""

    DENIED = "denied"
    DEPENDS = "depends"
    DENIED_BEFORE = "denied_before"
    FAILED = "failed"
    DENIED_ANYWAY = "denied_anyway"
    LET_THROUGH = "let_through"
    NOT_PREVENTABLE = "not_preventable"


class Effect(StrEnum):
    """What a change does to a call, however the call ended."""

    NOTHING = "nothing"
    DENIES = "denies"
    DENIES_ANYWAY = "denies_anyway"
    LETS_THROUGH = "lets_through"


class Place(msgspec.Struct, frozen=True, order=True):
    """A statement of a policy at a target; an empty statement where the level allows nothing of it."""

    policy: str
    statement: str
    target: str


class Ruling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a change does to a call.

    Attributes:
        effect: What.
        surely: Whether it does so however what is not known turns out.
        actions: The actions the call needed, as far as anybody knows.
        by: The statements that do it.
        depends_on: What is not known.
        beyond: Why no policy of an organization stops the call; empty where one can.
    """

    effect: Effect = Effect.NOTHING
    surely: bool = True
    actions: tuple[str, ...] = ()
    by: tuple[Place, ...] = ()
    depends_on: tuple[str, ...] = ()
    beyond: str = ""


class Touched(msgspec.Struct, frozen=True, kw_only=True, tag="call", omit_defaults=True):
    """A call that a change touches, as it travels from who reads logs to who adds up.

    Attributes:
        event: `eventID`, or what stands for it.
        time: ISO 8601; empty where the record does not tell.
        account: Whose trail has it.
        of: The account of the principal.
        principal: Its ARN, or what the record calls it.
        kind: `root`, `user`, `role`, `federated`, `service`, `other`.
        assumed: Whether root was assumed; `None` where the record does not tell.
        source: Service as the record has it, without its domain.
        name: `eventName`.
        region: Where.
        address: From where.
        outcome: `done`, `denied` or `failed`.
        error: `errorCode`, or empty.
        ruling: What the change does.
        if_assumed: The same, root having been assumed, where it matters and is not known.
        if_itself: The same, it being root itself.
        key: The access key, where that matters.
        started: When the session began, where that matters.
    """

    event: str
    time: str = ""
    account: str = ""
    of: str = ""
    principal: str = ""
    kind: str = ""
    assumed: bool | None = False
    source: str = ""
    name: str = ""
    region: str = ""
    address: str = ""
    outcome: str = "done"
    error: str = ""
    ruling: Ruling = Ruling()
    if_assumed: Ruling | None = None
    if_itself: Ruling | None = None
    key: str = ""
    started: str = ""


class Issued(msgspec.Struct, frozen=True, tag="issued"):
    """A temporary key that `sts:AssumeRoot` gave out."""

    key: str


class SignedIn(msgspec.Struct, frozen=True, tag="signed-in"):
    """A sign-in of root: the account, and the instant as the record has it, which sessions begin at."""

    account: str
    time: str
