"""Kinds of principals that only the management account has: ways to members and to their root users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator import parts
from rootwarden.simulator.crowd.kind import Kind
from rootwarden.simulator.policy_text import allow, condition
from rootwarden.simulator.population import conditional, escalation, lookalike
from rootwarden.simulator.world import ACCESS_ROLE

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.kind import Who
    from rootwarden.simulator.crowd.setting import Setting

_TASKS: Final = "arn:aws:iam::aws:policy/root-task"


def _enter_member(setting: Setting, who: Who, name: str) -> None:
    target = f"arn:aws:iam::{parts.member_id(1)}:role/{ACCESS_ROLE}"
    truth = escalation("enters a member as its administrator", "role-assume", dump_alone="conditional")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRole", on=target)])


def _recover(setting: Setting, who: Who, name: str) -> None:
    task = condition("StringEquals", {"sts:TaskPolicyArn": f"{_TASKS}/IAMCreateRootUserPassword"})
    truth = conditional("lets root of members have a password, if it reads their mail", "root-session-create-password")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRoot", on="arn:aws:iam::*:root", when=task)])


def _move_mail(setting: Setting, who: Who, name: str) -> None:
    truth = conditional("moves the root e-mail address, if root may have a password", "account-change-root-email")
    does = [allow("account:StartPrimaryEmailUpdate", "account:AcceptPrimaryEmailUpdate")]
    setting.principal(who, name, truth, does=does)


def _only_audits(setting: Setting, who: Who, name: str) -> None:
    task = condition("StringEquals", {"sts:TaskPolicyArn": f"{_TASKS}/IAMAuditRootUserCredentials"})
    truth = lookalike("assumes root of members only with the task policy that looks")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRoot", on="arn:aws:iam::*:root", when=task)])


def _cannot_accept(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("starts a change of a root e-mail address and cannot accept it")
    setting.principal(who, name, truth, does=[allow("account:StartPrimaryEmailUpdate")])


MANAGEMENT_KINDS: Final = (
    Kind(name="enter-member", plant=_enter_member),
    Kind(name="recover", plant=_recover),
    Kind(name="move-mail", plant=_move_mail),
    Kind(name="only-audits", plant=_only_audits),
    Kind(name="cannot-accept", plant=_cannot_accept),
)
