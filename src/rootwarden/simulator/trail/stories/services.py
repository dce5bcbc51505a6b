"""Services that act for root, or report in its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Severity, Shape
from rootwarden.simulator.trail.organization import root_arn
from rootwarden.simulator.trail.stage import Root
from rootwarden.simulator.trail.stories.console import signed_in
from rootwarden.simulator.trail.stories.keys import with_key

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.simulator.trail.ledger import Draft
    from rootwarden.simulator.trail.stage import Stage


def _forwarded(stage: Stage, draft: Draft, service: str, session: datetime | None = None) -> Root:
    hand = Root(stage=stage, draft=draft, shape=Shape.FORWARDED, address=service, agent=service, session=session)
    hand.who = {"invokedBy": service}
    return hand


def _alone(stage: Stage, service: str) -> Root:
    draft = stage.visit(Shape.FORWARDED, f"{service} acted for root", severity=Severity.NOTIFY)
    return _forwarded(stage, draft, service)


def stack_of_a_visit(stage: Stage) -> None:
    """Root makes a stack: CloudFormation's calls carry root's session, and are part of the visit."""
    hand = signed_in(stage, stage.at())
    hand.does(stage.at(minutes=2), "cloudformation:CreateStack", write=True, region="eu-west-1")
    service = _forwarded(stage, hand.draft, "cloudformation.amazonaws.com", stage.at())
    service.mfa = "true"
    service.does(stage.at(minutes=3), "ec2:CreateVpc", write=True, region="eu-west-1")
    service.does(stage.at(hours=2), "ec2:DescribeVpcs", region="eu-west-1")


def service_beside_a_visit(stage: Stage) -> None:
    """A service without a session, twenty minutes after root was there: part of that visit."""
    hand = signed_in(stage, stage.at())
    hand.reads(stage.at(seconds=5))
    service = _forwarded(stage, hand.draft, "resource-explorer-2.amazonaws.com")
    service.does(stage.at(minutes=20), "resource-groups:ListGroups", region="eu-west-1")


def service_beside_a_key(stage: Stage) -> None:
    """A service without a session, half an hour after a root key was used: part of the key's visit."""
    hand = with_key(stage)
    hand.does(stage.at(), "athena:StartQueryExecution", write=True, region="eu-west-1")
    service = _forwarded(stage, hand.draft, "athena.amazonaws.com")
    service.does(stage.at(minutes=30), "glue:GetTable", region="eu-west-1")


def service_alone(stage: Stage) -> None:
    """Services act for root in an account where root was not: a visit for each service and stretch of time."""
    backup = _alone(stage, "backup.amazonaws.com")
    backup.does(stage.at(), "kms:DescribeKey", region="eu-west-1")
    backup.does(stage.at(minutes=40), "kms:DescribeKey", region="eu-central-1")
    inside = _alone(stage, "AWS Internal")
    inside.does(stage.at(minutes=41), "s3:GetBucketAcl")
    _alone(stage, "backup.amazonaws.com").does(stage.at(hours=3), "kms:DescribeKey", region="eu-west-1")


def linked_role(stage: Stage) -> None:
    """A service makes its linked role in root's name."""
    hand = _alone(stage, "organizations.amazonaws.com")
    name = "AWSServiceRoleForOrganizations"
    hand.does(stage.at(), "iam:CreateServiceLinkedRole", write=True, response={"role": {"roleName": name}})


def _reports(stage: Stage, *minutes: float) -> None:
    draft = stage.visit(Shape.SERVICE, "a service reports in root's name", severity=Severity.RECORD)
    who = {"type": "Root", "principalId": stage.account, "arn": root_arn(stage.account), "accountId": stage.account}
    hand = Root(stage=stage, draft=draft, shape=Shape.SERVICE, address="AWS Internal", agent="AWS Internal")
    for minute in minutes:
        hand.does(
            stage.at(minutes=minute),
            "kms:RotateKey",
            region="eu-west-1",
            identity={**who, "invokedBy": "AWS Internal"},
            kind="AwsServiceEvent",
            more={"serviceEventDetails": {"keyId": "fake"}, "requestParameters": None},
        )


def service_events(stage: Stage) -> None:
    """Service events: two within an hour, one hours later."""
    _reports(stage, 0, 30)
    _reports(stage, 240)


def service_event_in_a_visit(stage: Stage) -> None:
    """A service event while root is there stays alone."""
    signed_in(stage, stage.at()).reads(stage.at(seconds=5))
    _reports(stage, 3)
