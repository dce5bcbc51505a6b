"""Denial of wallet: the payer is blinded, then money is spent, by root or by somebody root made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import ConcernKind, Severity, Shape
from rootwarden.simulator.trail.organization import ELSEWHERE, HOME
from rootwarden.simulator.trail.record import CLI, access_key, role_identity, user_identity
from rootwarden.simulator.trail.stories.console import signed_in

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.stage import Root, Stage

_BUDGET: Final[Record] = {"accountId": "111100000000", "budgetName": "monthly"}
BLIND: Final[tuple[tuple[str, Record], ...]] = (
    ("budgets:DeleteBudget", _BUDGET),
    ("budgets:UpdateBudget", {"accountId": "111100000000", "newBudget": {"budgetName": "monthly"}}),
    ("budgets:DeleteNotification", _BUDGET),
    ("budgets:DeleteSubscriber", _BUDGET),
    ("ce:DeleteAnomalyMonitor", {"monitorArn": "arn:aws:ce::111100000000:anomalymonitor/fake"}),
    ("ce:DeleteAnomalySubscription", {"subscriptionArn": "arn:aws:ce::111100000000:anomalysubscription/fake"}),
)
WIDEN: Final[tuple[tuple[str, Record], ...]] = (
    ("account:EnableRegion", {"regionName": "af-south-1"}),
    (
        "servicequotas:RequestServiceQuotaIncrease",
        {"serviceCode": "ec2", "quotaCode": "L-417A185B", "desiredValue": 2000},
    ),
)


def _gpu(kind: str) -> Record:
    return {"instanceType": kind, "instancesSet": {"items": [{"imageId": "ami-0fake", "minCount": 20, "maxCount": 20}]}}


SPEND: Final[tuple[tuple[str, Record], ...]] = (
    ("ec2:RunInstances", _gpu("p4de.24xlarge")),
    ("ec2:RunInstances", _gpu("g5.48xlarge")),
    ("ec2:RequestSpotInstances", {"launchSpecification": {"instanceType": "p5.48xlarge"}, "instanceCount": 50}),
    ("sagemaker:CreateTrainingJob", {"trainingJobName": "x", "resourceConfig": {"instanceType": "ml.p4d.24xlarge"}}),
)


def _attack(hand: Root, *stages: tuple[tuple[str, Record], ...]) -> list[str]:
    stage = hand.stage
    made: list[str] = []
    for number, one in enumerate(stages):
        call, request = stage.random.choice(one)
        made.append(
            hand.does(stage.at(minutes=5 + 12 * number), call, write=True, region=_where(stage, call), request=request)
        )
    return made


def _bankrupts(stage: Stage, why: str, *ids: str) -> None:
    stage.concern(ConcernKind.DENIAL_OF_WALLET, why, *ids, severity=Severity.PAGE)


def root_blinds_and_spends(stage: Stage) -> None:
    """Root deletes a budget and starts instances with GPUs."""
    made = _attack(signed_in(stage, stage.at()), BLIND, SPEND)
    _bankrupts(stage, "root blinded the payer, then spent", *made)


def root_blinds_and_widens(stage: Stage) -> None:
    """Root deletes a budget and opens a Region or a quota."""
    made = _attack(signed_in(stage, stage.at()), BLIND, WIDEN)
    _bankrupts(stage, "root blinded the payer, then widened the field", *made)


def root_does_all(stage: Stage) -> None:
    """Every stage in one visit."""
    made = _attack(signed_in(stage, stage.at()), BLIND, BLIND, WIDEN, SPEND)
    _bankrupts(stage, "root blinded the payer, widened the field, and spent", *set(made))


def root_spends_first(stage: Stage) -> None:
    """Root starts instances, and only then blinds the payer."""
    made = _attack(signed_in(stage, stage.at()), SPEND, BLIND)
    _bankrupts(stage, "root spent, then blinded the payer", *made)


def refused_to_blind(stage: Stage) -> None:
    """Root starts instances, and is refused to blind the payer: no composite."""
    hand = signed_in(stage, stage.at())
    _attack(hand, SPEND)
    hand.does(stage.at(minutes=30), "budgets:DeleteBudget", read_only=False, error="AccessDenied", request=_BUDGET)


def _makes_user(hand: Root, name: str, key: str) -> None:
    stage = hand.stage
    arn = f"arn:aws:iam::{stage.account}:user/{name}"
    user: Record = {"userName": name, "arn": arn, "userId": "AIDAFAKEFAKEFAKEFAKE", "path": "/"}
    hand.does(stage.at(minutes=1), "iam:CreateUser", write=True, request={"userName": name}, response={"user": user})
    policy: Record = {"userName": name, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    hand.does(stage.at(minutes=2), "iam:AttachUserPolicy", write=True, request=policy)
    made: Record = {"accessKeyId": key, "status": "Active", "userName": name}
    hand.does(
        stage.at(minutes=3), "iam:CreateAccessKey", write=True, request={"userName": name}, response={"accessKey": made}
    )


def _acts(stage: Stage, who: Record, hours: float, *stages: tuple[tuple[str, Record], ...]) -> list[str]:
    made: list[str] = []
    for number, one in enumerate(stages):
        call, request = stage.random.choice(one)
        at = stage.at(hours=hours, minutes=10 * number)
        address = stage.address(ELSEWHERE)
        made.append(
            stage.other(
                at, call, who, region=_where(stage, call), request=request, read_only=False, address=address, agent=CLI
            )
        )
    return made


def _where(stage: Stage, call: str) -> str:
    return HOME if call.partition(":")[0] in {"budgets", "ce", "account"} else stage.region()


def user_of_root(stage: Stage) -> None:
    """Root makes a user, who blinds the payer and spends."""
    key = access_key(stage.random, "AKIA")
    _makes_user(signed_in(stage, stage.at()), "backup-admin", key)
    made = _acts(stage, user_identity(stage.account, "backup-admin", key), 2, BLIND, SPEND)
    _bankrupts(stage, "a user that root made two hours ago blinded the payer, then spent", *made)


def role_of_root(stage: Stage) -> None:
    """Root makes a role; a session of it blinds the payer and spends."""
    hand, name = signed_in(stage, stage.at()), "support-tools"
    role: Record = {
        "roleName": name,
        "arn": f"arn:aws:iam::{stage.account}:role/{name}",
        "roleId": "AROAFAKEFAKEFAKEFAKE",
    }
    hand.does(stage.at(minutes=1), "iam:CreateRole", write=True, request={"roleName": name}, response={"role": role})
    who = role_identity(stage.account, name, "mallory", stage.key(), stage.at(hours=1))
    made = _acts(stage, who, 1, BLIND, SPEND)
    _bankrupts(stage, "a role that root made an hour ago blinded the payer, then spent", *made)


def through_a_stack(stage: Stage) -> None:
    """Root deletes a budget and lets CloudFormation start the instances: the service acts for root."""
    hand = signed_in(stage, stage.at())
    blind = _attack(hand, BLIND)
    hand.does(stage.at(minutes=9), "cloudformation:CreateStack", write=True, region="eu-west-1")
    hand.who = {"invokedBy": "cloudformation.amazonaws.com"}
    hand.address = hand.agent = "cloudformation.amazonaws.com"
    hand.from_console = False
    spend = hand.does(
        stage.at(minutes=11),
        "ec2:RunInstances",
        write=True,
        shape=Shape.FORWARDED,
        region="eu-west-1",
        request=_gpu("p4d.24xlarge"),
    )
    _bankrupts(stage, "root blinded the payer, then spent through a service", *blind, spend)


def old_user_of_root(stage: Stage) -> None:
    """A user that root made a week ago: no composite."""
    key = access_key(stage.random, "AKIA")
    _makes_user(signed_in(stage, stage.at()), "finance-admin", key)
    _acts(stage, user_identity(stage.account, "finance-admin", key), 24 * 7, BLIND, SPEND)


def days_apart(stage: Stage) -> None:
    """Root blinds the payer, and starts instances two days later: no composite."""
    for day, one in ((0, BLIND), (2, SPEND)):
        hand = signed_in(stage, stage.at(days=day))
        call, request = stage.random.choice(one)
        hand.does(stage.at(days=day, minutes=5), call, write=True, region=_where(stage, call), request=request)


def somebody_else(stage: Stage) -> None:
    """An ordinary administrator tidies budgets and starts instances: nothing to do with root."""
    _acts(stage, stage.user("grace"), 0, BLIND, SPEND)
