"""Where one story happens: an account, a day, and the hands that act in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Unpack, cast

import msgspec

from rootwarden.detect.filter_pattern import Event as Record
from rootwarden.detect.visits.incident import Severity, Shape, Verdict
from rootwarden.simulator.trail.ledger import Draft
from rootwarden.simulator.trail.organization import HOME, OFFICE, root_device
from rootwarden.simulator.trail.record import (
    BROWSER,
    SDK,
    Fields,
    access_key,
    record,
    root_identity,
    user_identity,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from rootwarden.detect.visits.incident import ConcernKind
    from rootwarden.simulator.trail.ledger import Ledger
    from rootwarden.simulator.trail.organization import Organization
    from rootwarden.simulator.trail.signing import Given

SIGN_IN: Final = "signin"
FAILED: Final = "Failed authentication"


class Stage:
    """One story's account and days.

    Attributes:
        random: Its own source of chance.
        account: Where root acts.
        organization: Everybody else.
        ledger: Takes down what happens.
        checkouts: Takes down who was given root.
        story: Its name.
    """

    def __init__(
        self,
        *,
        story: str,
        random: Random,
        account: str,
        day: datetime,
        organization: Organization,
        ledger: Ledger,
        checkouts: list[Given],
    ) -> None:
        self.story = story
        self.random = random
        self.account = account
        self.organization = organization
        self.ledger = ledger
        self.checkouts = checkouts
        # Between 08:00 and 13:00: what belongs together never runs into the next story of the account.
        self._opening = day + timedelta(hours=8, seconds=random.randrange(5 * 3600))

    @property
    def stranger(self) -> str:
        """Session name of whoever reaches for root here: a name of this story's own.

        Stories of several accounts touch the management or the audit account, maybe in the same hour, and what one
        doer does there is one concern until an hour is quiet (docs/incidents.md, "Concerns").
        """
        return f"eve-{self.account}"

    def at(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """An instant after the story opens, in whole seconds."""
        instant = self._opening + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return instant.replace(microsecond=0)

    def address(self, network: str = OFFICE) -> str:
        """Some address of a network of 256."""
        return f"{network}.{self.random.randint(1, 254)}"

    def key(self, prefix: str = "ASIA") -> str:
        """A fresh access key id."""
        return access_key(self.random, prefix)

    def region(self) -> str:
        """Some region other than the one of sign-ins."""
        return self.random.choice(self.organization.regions[1:])

    def visit(
        self,
        shape: Shape,
        why: str,
        *,
        severity: Severity = Severity.PAGE,
        verdict: Verdict = Verdict.UNEXPLAINED,
        account: str | None = None,
        session: datetime | None = None,
        mfa: bool | None = None,
        caller: str = "",
        task_policy: str = "",
        lease: str = "",
    ) -> Draft:
        """Begin a visit."""
        draft = Draft(
            story=self.story,
            account=self.account if account is None else account,
            shape=shape,
            severity=severity,
            verdict=verdict,
            why=why,
            session=session,
            mfa=mfa,
            caller=caller,
            task_policy=task_policy,
            lease=lease,
        )
        self.ledger.drafts.append(draft)
        return draft

    def concern(
        self,
        kind: ConcernKind,
        why: str,
        *ids: str,
        severity: Severity | None = None,
        account: str = "",
        lease: str = "",
    ) -> None:
        """Note something that needs eyes and is no visit."""
        self.ledger.concern(self.story, kind, account or self.account, severity, why, *ids, lease=lease)

    def other(
        self,
        at: datetime,
        call: str,
        identity: Record,
        *,
        account: str = "",
        late: timedelta | None = None,
        **fields: Unpack[Fields],
    ) -> str:
        """Something that somebody else does; its event id."""
        made = record(self.random, at, call, account=account or self.account, identity=identity, **fields)
        return self.ledger.tell(self.random, made, at, late=late)

    def user(self, name: str = "ada", account: str = "") -> Record:
        """An IAM user with a long-term key."""
        return user_identity(account or self.account, name, self.key("AKIA"))


class Act(Fields, total=False):
    """Fields of an act of root: see `Root.does`."""

    write: bool
    shape: Shape
    identity: Record
    change: Callable[[Record], Record]
    late: timedelta
    addendum: Record
    timeless: bool


class Root(msgspec.Struct, kw_only=True):
    """The hand of root: acts, and every act is told with its truth.

    Attributes:
        stage: Where.
        draft: The visit its acts belong to.
        shape: What its acts look like.
        session: Start of its session; `None` for long-term keys and the sign-in page.
        key: What signs.
        address: Where it sits.
        agent: What it uses.
        mfa: `mfaAuthenticated`.
        from_console: `sessionCredentialFromConsole`, where records have it.
        who: Further fields of `userIdentity`.
    """

    stage: Stage
    draft: Draft
    shape: Shape
    session: datetime | None = None
    key: str = ""
    address: str
    agent: str = SDK
    mfa: str | bool = "false"
    from_console: bool = False
    who: Record = msgspec.field(default_factory=dict)

    def does(self, at: datetime, call: str, **act: Unpack[Act]) -> str:
        """Do something; gives its event id.

        Args:
            at: When.
            call: `iam:ListUsers`.
            act: Fields of the record, `read_only` being the contrary of `write` if not given, and
                `write` whether it changes something, and succeeds; `shape` and `identity` what it looks like, if not
                as the rest; `change` makes the record irregular; `late` how late it comes; `addendum` what a later
                copy says otherwise; `timeless` that the record does not say when.
        """
        write = act.get("write", False)
        fields: Fields = {"address": self.address, "agent": self.agent, "read_only": not write}
        # `Act` has every key of `Fields` with the same type.
        fields.update(cast("Fields", {name: value for name, value in act.items() if name in Fields.__annotations__}))
        account = self.draft.account or self.stage.account
        who = act.get("identity") or self.identity()
        made = record(self.stage.random, at, call, account=account, identity=who, **fields)
        if self.from_console:
            made["sessionCredentialFromConsole"] = "true"
        if change := act.get("change"):
            made = change(made)
        told = self.stage.ledger.tell(
            self.stage.random, made, at, late=act.get("late"), addendum=act.get("addendum"), path=self.stage.account
        )
        self.draft.writes += write
        instant = None if act.get("timeless") else at
        self.stage.ledger.root_event(self.draft, act.get("shape", self.shape), told, instant)
        return told

    def identity(self) -> Record:
        """Its `userIdentity`."""
        return root_identity(self.stage.account, key=self.key, session=self.session, mfa=self.mfa, more=self.who)

    def reads(self, at: datetime, count: int = 4) -> list[str]:
        """The chatter of console pages, a second or two apart."""
        calls = self.stage.random.choices(CHATTER, k=count)
        return [
            self.does(at + timedelta(seconds=2 * number), call, region=region)
            for number, (call, region) in enumerate(calls)
        ]


CHATTER: Final = (
    ("iam:GetAccountSummary", HOME),
    ("iam:ListAccountAliases", HOME),
    ("iam:GetAccountPasswordPolicy", HOME),
    ("iam:ListMFADevices", HOME),
    ("health:DescribeEventAggregates", HOME),
    ("notifications:ListNotificationHubs", HOME),
    ("ec2:DescribeRegions", "eu-west-1"),
    ("ec2:DescribeAccountAttributes", "eu-central-1"),
    ("ce:GetCostAndUsage", HOME),
)


def sign_in_page(stage: Stage, draft: Draft, at: datetime, name: str = "ConsoleLogin", **act: Unpack[Act]) -> str:
    """An event of the sign-in page by root: no session, recorded in us-east-1; gives its event id."""
    hand = Root(stage=stage, draft=draft, shape=Shape.SIGN_IN, address=stage.address(), agent=BROWSER)
    whole: Act = {"kind": "AwsConsoleSignIn", "read_only": False}
    whole.update(act)
    return hand.does(at, f"{SIGN_IN}:{name}", **whole)


def failed_sign_in(stage: Stage, draft: Draft, at: datetime, mfa: str = "No", **act: Unpack[Act]) -> str:
    """A sign-in with a wrong password: `Failure` and a message, and no error code."""
    draft.failed += 1
    whole: Act = {
        "message": FAILED,
        "response": {"ConsoleLogin": "Failure"},
        "more": {"additionalEventData": {"MobileVersion": "No", "MFAUsed": mfa}},
    }
    whole.update(act)
    return sign_in_page(stage, draft, at, **whole)


def sign_in(stage: Stage, draft: Draft, at: datetime, mfa: str = "Yes", device: str = "", **act: Unpack[Act]) -> str:
    """A sign-in that works; gives its event id.

    Args:
        stage: Where.
        draft: The visit it opens.
        at: When, which is the start of the session.
        mfa: `MFAUsed`, in any of its spellings.
        device: `MFAIdentifier`; the account's root device if not given.
        act: As for `Root.does`.
    """
    draft.mfa = mfa.lower() == "yes"
    data: Record = {"LoginTo": "https://us-east-1.console.aws.amazon.com/billing/home", "MobileVersion": "No"}
    data["MFAUsed"] = mfa
    if draft.mfa:
        data["MFAIdentifier"] = device or root_device(stage.account)
    whole: Act = {"response": {"ConsoleLogin": "Success"}, "more": {"additionalEventData": data}}
    whole.update(act)
    return sign_in_page(stage, draft, at, **whole)


def console(
    stage: Stage,
    draft: Draft,
    start: datetime,
    *,
    address: str,
    from_console: bool = True,
    mfa: str | bool = "true",
    who: Record | None = None,
) -> Root:
    """The hand of root in the console, in the session of a sign-in."""
    draft.session = start
    return Root(
        stage=stage,
        draft=draft,
        shape=Shape.CONSOLE,
        session=start,
        key=stage.key(),
        address=address,
        agent=BROWSER,
        mfa=mfa,
        from_console=from_console,
        who=who or {},
    )
