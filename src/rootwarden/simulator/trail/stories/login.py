"""`aws login`: a browser sign-in gives the command line credentials for hours, without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Shape
from rootwarden.simulator.trail.organization import ELSEWHERE
from rootwarden.simulator.trail.record import CLI
from rootwarden.simulator.trail.stage import Root, sign_in_page
from rootwarden.simulator.trail.stories.console import NOBODY_SAID, signed_in

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.simulator.trail.ledger import Draft
    from rootwarden.simulator.trail.stage import Stage


def _token(stage: Stage, draft: Draft, at: datetime, key: str) -> None:
    sign_in_page(
        stage,
        draft,
        at,
        "CreateOAuth2Token",
        kind="AwsApiCall",
        agent=CLI,
        response={"credentials": {"accessKeyId": key}, "tokenType": "aws_sigv4"},
    )


def _logs_in(stage: Stage, at: datetime, session: datetime) -> Root:
    draft = stage.visit(Shape.SESSION, NOBODY_SAID, session=session, mfa=True)
    key = stage.key()
    _token(stage, draft, at, key)
    return Root(
        stage=stage,
        draft=draft,
        shape=Shape.SESSION,
        session=session,
        key=key,
        address=stage.address(ELSEWHERE),
        agent=CLI,
        mfa="true",
    )


def logs_in(stage: Stage) -> None:
    """The session starts in the second its token was made."""
    hand = _logs_in(stage, stage.at(), stage.at())
    hand.does(stage.at(minutes=1), "sts:GetCallerIdentity", region=stage.region())
    hand.does(stage.at(hours=5), "s3:DeleteBucket", write=True, region=stage.region())


def logs_in_a_second_later(stage: Stage) -> None:
    """The session starts another second than its token was made: the key joins them."""
    hand = _logs_in(stage, stage.at(), stage.at(seconds=2))
    hand.does(stage.at(minutes=1), "iam:ListUsers")


def logs_in_from_the_console(stage: Stage) -> None:
    """A sign-in and a session in the console; from it the command line gets its own: two visits."""
    browser = signed_in(stage, stage.at())
    browser.reads(stage.at(seconds=5), 3)
    hand = _logs_in(stage, stage.at(minutes=2), stage.at(minutes=2))
    browser.reads(stage.at(minutes=3), 2)
    hand.does(
        stage.at(minutes=4), "ec2:RunInstances", read_only=False, error="Client.DryRunOperation", region=stage.region()
    )
    hand.does(stage.at(minutes=4) + timedelta(hours=1), "sts:GetCallerIdentity", region=stage.region())
