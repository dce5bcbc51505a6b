"""Records that lack what a visit is found by: the time, the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Shape
from rootwarden.simulator.trail.organization import ELSEWHERE
from rootwarden.simulator.trail.stage import console
from rootwarden.simulator.trail.stories.console import NOBODY_SAID
from rootwarden.simulator.trail.stories.keys import with_key

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.ledger import Draft
    from rootwarden.simulator.trail.stage import Stage


def no_time_at_all(stage: Stage) -> None:
    """A key's event without a time: it has no session either, so it is an incident of its own."""
    hand = with_key(stage, why="an event without a time")

    def change(made: Record) -> Record:
        return {key: value for key, value in made.items() if key != "eventTime"}

    hand.does(stage.at(), "s3:ListBuckets", change=change, timeless=True)
    hand.does(stage.at(minutes=1), "ec2:DescribeVpcs", more={"eventTime": 20_260_302}, timeless=True)


def account_in_the_arn(stage: Stage) -> None:
    """A session whose records say only in root's ARN which account."""
    draft = stage.visit(Shape.CONSOLE, NOBODY_SAID, mfa=True)
    _lists(stage, draft, {"accountId"})


def no_account(stage: Stage) -> None:
    """A session whose records say nowhere which account."""
    draft = stage.visit(Shape.CONSOLE, NOBODY_SAID, account="", mfa=True)
    _lists(stage, draft, {"accountId", "arn", "principalId"})


def _lists(stage: Stage, draft: Draft, dropped: set[str]) -> None:
    hand = console(stage, draft, stage.at(), address=stage.address(ELSEWHERE))

    def change(made: Record) -> Record:
        kept: Record = {key: value for key, value in made.items() if key != "recipientAccountId"}
        who = kept["userIdentity"]
        if isinstance(who, dict):
            kept["userIdentity"] = {key: value for key, value in who.items() if key not in dropped}
        return kept

    hand.does(stage.at(minutes=1), "iam:ListUsers", change=change)
    hand.does(stage.at(minutes=2), "iam:ListRoles", change=change)
