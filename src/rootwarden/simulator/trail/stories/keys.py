"""Root's long-term keys: scripts that run for days, and the temporary credentials they buy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Shape
from rootwarden.simulator.trail.organization import ELSEWHERE
from rootwarden.simulator.trail.record import BROWSER, CLI, federated_identity
from rootwarden.simulator.trail.stage import Root
from rootwarden.simulator.trail.stories.console import NOBODY_SAID

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.stage import Stage

_WORK = (
    "s3:ListBuckets",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVolumes",
    "sts:GetCallerIdentity",
    "rds:DescribeDBSnapshots",
)


def with_key(stage: Stage, key: str = "", why: str = "a root key, and no check-out covers it") -> Root:
    """The hand of root with a long-term key, at the beginning of a visit."""
    draft = stage.visit(Shape.ACCESS_KEY, why)
    return Root(
        stage=stage,
        draft=draft,
        shape=Shape.ACCESS_KEY,
        key=key or stage.key("AKIA"),
        address=stage.address(ELSEWHERE),
        agent=CLI,
    )


def _runs(hand: Root, stage: Stage, at: datetime, count: int) -> None:
    for number in range(count):
        call, region = stage.random.choice(_WORK), stage.region()
        hand.does(at + timedelta(seconds=120 * number + stage.random.randrange(110)), call, region=region)
    snapshot = at + timedelta(seconds=120 * count)
    hand.does(snapshot, "ec2:CreateSnapshot", write=True, region=stage.region(), request={"volumeId": "vol-0fake"})


def nightly_script(stage: Stage) -> None:
    """A backup script with a root key: one visit a run, days in a row, and a long one that hardly ever pauses."""
    key = stage.key("AKIA")
    for day, count in enumerate((40, 25, 140)):
        _runs(with_key(stage, key), stage, stage.at(days=day), count)


def two_keys(stage: Stage) -> None:
    """Two root keys in use at the same time: a visit each."""
    for minute in (0, 3):
        _runs(with_key(stage), stage, stage.at(minutes=minute), 12)


def pauses(stage: Stage) -> None:
    """Fifty minutes of quiet are the same visit, seventy are another."""
    key = stage.key("AKIA")
    first = with_key(stage, key)
    first.does(stage.at(), "s3:ListBuckets")
    first.does(stage.at(minutes=50), "s3:ListBuckets")
    with_key(stage, key).does(stage.at(minutes=120), "s3:ListBuckets")


def probes(stage: Stage) -> None:
    """A found key is tried: everything is refused or only read."""
    hand = with_key(stage)
    hand.does(stage.at(), "sts:GetCallerIdentity")
    hand.does(stage.at(seconds=2), "iam:CreateUser", read_only=False, error="AccessDenied", message="explicit deny")
    hand.does(stage.at(seconds=4), "ses:GetSendQuota", error="AccessDenied", region=stage.region())


def session_token(stage: Stage) -> None:
    """A key buys temporary credentials (GetSessionToken); they are a visit of their own."""
    hand, token = with_key(stage), stage.key()
    issued = stage.at(minutes=1)
    hand.does(issued, "sts:GetSessionToken", write=True, response=_issued(token))
    draft = stage.visit(Shape.SESSION, NOBODY_SAID, session=issued, mfa=False)
    later = Root(
        stage=stage, draft=draft, shape=Shape.SESSION, session=issued, key=token, address=hand.address, agent=CLI
    )
    later.does(stage.at(minutes=4), "ec2:DescribeInstances", region=stage.region())
    later.does(stage.at(hours=3), "ec2:StopInstances", write=True, region=stage.region())


def federation_token(stage: Stage) -> None:
    """A key buys a federated session: its identity is FederatedUser, issued by Root."""
    hand, token = with_key(stage), stage.key()
    issued = stage.at(minutes=1)
    hand.does(issued, "sts:GetFederationToken", write=True, request={"name": "mallory"}, response=_issued(token))
    draft = stage.visit(Shape.FEDERATED, NOBODY_SAID, session=issued, mfa=False)
    who = federated_identity(stage.account, "mallory", token, issued)
    later = Root(
        stage=stage, draft=draft, shape=Shape.FEDERATED, session=issued, key=token, address=hand.address, agent=CLI
    )
    later.does(stage.at(minutes=2), "s3:ListBuckets", identity=who)
    later.does(stage.at(minutes=9), "s3:PutBucketPolicy", write=True, identity=who, region=stage.region())
    later.does(stage.at(hours=2), "ec2:DescribeInstances", identity=who, region=stage.region())


def federated_console(stage: Stage) -> None:
    """A federated session of root opens the console: a sign-in link, and calls that say they come from the console."""
    hand, token = with_key(stage), stage.key()
    hand.does(stage.at(), "sts:GetFederationToken", write=True, request={"name": "mallory"}, response=_issued(token))
    draft = stage.visit(Shape.FEDERATED, NOBODY_SAID, session=stage.at(), mfa=False)
    who = federated_identity(stage.account, "mallory", token, stage.at())
    later = Root(
        stage=stage, draft=draft, shape=Shape.FEDERATED, session=stage.at(), address=hand.address, agent=BROWSER
    )
    later.does(stage.at(minutes=1), "signin:GetSigninToken", identity=who, read_only=False, kind="AwsConsoleSignIn")
    later.from_console = True
    later.does(stage.at(minutes=2), "ec2:DescribeInstances", identity=who, region=stage.region())
    later.does(stage.at(minutes=5), "ec2:StopInstances", write=True, identity=who, region=stage.region())


def federated_by_nobody(stage: Stage) -> None:
    """A federated session of root whose issuing call is not in the trail."""
    issued = stage.at()
    draft = stage.visit(Shape.FEDERATED, NOBODY_SAID, session=issued, mfa=False)
    who = federated_identity(stage.account, "sync", stage.key(), issued)
    hand = Root(
        stage=stage, draft=draft, shape=Shape.FEDERATED, session=issued, address=stage.address(ELSEWHERE), agent=CLI
    )
    hand.does(stage.at(minutes=30), "s3:ListBuckets", identity=who)


def _issued(key: str) -> Record:
    return {
        "credentials": {"accessKeyId": key, "sessionToken": "FakeFakeFake", "expiration": "Mar 3, 2026, 8:00:00 PM"}
    }
