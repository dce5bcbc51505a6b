"""Denial of wallet: the payer is blinded, then money is spent, by root or by somebody root made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import ConcernKind, Severity
from rootwarden.simulator.trail.organization import ELSEWHERE, HOME
from rootwarden.simulator.trail.record import CLI, access_key, user_identity
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
        region = HOME if call.split(":")[0] in {"budgets", "ce", "account"} else stage.region()
        made.append(hand.does(stage.at(minutes=5 + 12 * number), call, write=True, region=region, request=request))
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


def _acts(stage: Stage, name: str, key: str, hours: float, *stages: tuple[tuple[str, Record], ...]) -> list[str]:
    who, made = user_identity(stage.account, name, key), []
    for number, one in enumerate(stages):
        call, request = stage.random.choice(one)
        region = HOME if call.split(":")[0] in {"budgets", "ce", "account"} else stage.region()
        made.append(
            stage.other(
                stage.at(hours=hours, minutes=10 * number),
                call,
                who,
                region=region,
                request=request,
                read_only=False,
                address=stage.address(ELSEWHERE),
                agent=CLI,
            )
        )
    return made


def user_of_root(stage: Stage) -> None:
    """Root makes a user, who blinds the payer and spends."""
    key = access_key(stage.random, "AKIA")
    _makes_user(signed_in(stage, stage.at()), "backup-admin", key)
    made = _acts(stage, "backup-admin", key, 2, BLIND, SPEND)
    _bankrupts(stage, "a user that root made two hours ago blinded the payer, then spent", *made)


def old_user_of_root(stage: Stage) -> None:
    """A user that root made a week ago: no composite."""
    key = access_key(stage.random, "AKIA")
    _makes_user(signed_in(stage, stage.at()), "finance-admin", key)
    _acts(stage, "finance-admin", key, 24 * 7, BLIND, SPEND)


def days_apart(stage: Stage) -> None:
    """Root blinds the payer, and starts instances two days later: no composite."""
    for day, one in ((0, BLIND), (2, SPEND)):
        hand = signed_in(stage, stage.at(days=day))
        call, request = stage.random.choice(one)
        region = HOME if call.split(":")[0] in {"budgets", "ce"} else stage.region()
        hand.does(stage.at(days=day, minutes=5), call, write=True, region=region, request=request)


def somebody_else(stage: Stage) -> None:
    """An ordinary administrator tidies budgets and starts instances: nothing to do with root."""
    _acts(stage, "grace", access_key(stage.random, "AKIA"), 0, BLIND, SPEND)
