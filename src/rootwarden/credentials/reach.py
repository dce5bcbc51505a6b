"""What the organization's own policies leave of an AssumeRoot session, found by reading them, before anything is tried.

Three questions to the policy engine: may the session do the steps in the member (its SCPs), may the caller open one
(the SCPs of the caller's account, when that is a member), and does the member let it (its RCPs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.audit.guardrail_proof import around_of
from rootwarden.credentials.plan import DELETE
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.iam_document import IamDocument, Principals, Statement
from rootwarden.guardrails.asking import ruling
from rootwarden.guardrails.content.guardrail import Ask, Asker, GuardrailKind
from rootwarden.guardrails.standing import with_policy
from rootwarden.iam.context import Context, held
from rootwarden.iam.decision import Question, decide
from rootwarden.iam.layer import Policy
from rootwarden.iam.principal import Kind, Principal
from rootwarden.iam.statement import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.fact import Fact
    from rootwarden.guardrails.asking import Ruling
    from rootwarden.guardrails.standing import Attached, Landscape, Levels, Standing

_ALL: Final = ("*",)
_ANYTHING: Final = Policy(
    "everything", IamDocument("2012-10-17", (Statement(effect="Allow", actions=_ALL, resources=_ALL),))
)
_EVERYBODY: Final = Policy(
    "everybody",
    IamDocument(
        "2012-10-17",
        (Statement(effect="Allow", actions=_ALL, resources=_ALL, principals=Principals(aws=_ALL)),),
    ),
)
_ARN_PARTS: Final = 6
# What a key put to sleep must not be able to do any more, whatever it was used for.
_SLEEP_PROBES: Final = ("s3:ListAllMyBuckets", "ec2:RunInstances", "iam:CreateUser")
# What a session looks at before it deletes anything, and who must not notice that keys sleep.
_SESSION_READS: Final = (
    "iam:ListAccessKeys",
    "iam:ListSigningCertificates",
    "iam:ListMFADevices",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:GetAccessKeyLastUsed",
)
_BYSTANDERS: Final = (Asker.ROLE, Asker.USER)


class Reach:
    """Answers the three questions for the accounts of one organization.

    Args:
        landscape: Accounts with the policies above them.
        caller: ARN of who will apply the plan, or empty where nobody said.
    """

    def __init__(self, landscape: Landscape, caller: str = "") -> None:
        self._landscape = landscape
        self._standings = {one.account: one for one in landscape.standings}
        self._around = around_of(landscape)
        self._caller = caller

    def barred(self, account: str, actions: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What stands in the way of a session in a member.

        Args:
            account: The member.
            actions: What the session has to do.

        Returns:
            What denies it, and what could not be decided; both in words.
        """
        standing = self._standings.get(account)
        if standing is None:
            return (), ("the account is not among those whose policies were read",)
        denied, doubtful = self._opening(standing)
        if not isinstance(standing.scp, Known):
            return denied, (*doubtful, _why(standing.scp, "service control policies"))
        for action in dict.fromkeys(actions):
            said = self._session(standing, standing.scp.value, action)
            if said.denied:
                denied = (*denied, f"{_by(said)} denies {action} to AssumeRoot sessions")
            elif said.denied is None:
                doubtful = (*doubtful, f"whether {action} is left to AssumeRoot sessions depends on {_on(said)}")
        return denied, doubtful

    def sleeps_under(self, policy: Attached, account: str, calls: Iterable[str]) -> str:
        """Why a policy attached to a member does not put its root keys to sleep and nothing else, or an empty text.

        Args:
            policy: Which.
            account: The member.
            calls: What sessions have to do there while it is attached.
        """
        before = self._standings.get(account)
        after = with_policy(self._landscape, "scp", account, policy)
        standing = next((one for one in after.standings if one.account == account), None)
        if (
            before is None
            or standing is None
            or not (isinstance(before.scp, Known) and isinstance(standing.scp, Known))
        ):
            return "the service control policies above it are not known"
        for action in _SLEEP_PROBES:
            said = ruling(GuardrailKind.SCP, _ask(Asker.ROOT, action), standing, standing.scp.value, self._around)
            if not said.denied:
                return f"under it root can still do {action}"
        for action in dict.fromkeys(("iam:DeleteAccessKey", *_SESSION_READS, *calls)):
            if self._session(standing, standing.scp.value, action).denied is not False:
                return f"it denies {action} to AssumeRoot sessions, so that nothing could be removed"
        for who in _BYSTANDERS:
            for action in _SLEEP_PROBES:
                ask = Ask(name=action, denied=False, who=who, principal="anybody", action=action, resource="*")
                now = ruling(GuardrailKind.SCP, ask, standing, standing.scp.value, self._around).denied
                if (
                    now is not False
                    and now != ruling(GuardrailKind.SCP, ask, before, before.scp.value, self._around).denied
                ):
                    return f"it also denies, or may deny, {action} to {who.value}s that are not root"
        return ""

    def _session(self, standing: Standing, levels: Levels, action: str) -> Ruling:
        return ruling(GuardrailKind.SCP, _ask(Asker.ASSUMED_ROOT, action), standing, levels, self._around)

    def _opening(self, standing: Standing) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What denies the caller `sts:AssumeRoot` for this member."""
        who = _principal(self._caller)
        if who is None:
            return (), ()
        own = self._standings.get(who.account)
        scp: Fact[Levels] = Known(()) if own is None or own.management else own.scp
        unread = [
            _why(fact, what)
            for fact, what in (
                (scp, "service control policies of the caller"),
                (standing.rcp, "resource control policies"),
            )
            if not isinstance(fact, Known)
        ]
        answer = decide(
            Question(
                who=who,
                request=self._request(standing),
                resource_account=standing.account,
                identity=(_ANYTHING,),
                resource=_EVERYBODY,
                scp=_layers(scp),
                rcp=_layers(standing.rcp),
                management_account=self._landscape.management,
                resource_controlled=self._around.resource_controlled,
            )
        )
        if answer.response == "DependsOn":
            on = ", ".join(f"`{key}`" for key in answer.depends_on)
            return (), (*unread, f"whether the caller may call sts:AssumeRoot depends on {on}")
        if answer.response == "Allowed":
            return (), tuple(unread)
        reason = next((one.policy for one in answer.because if one.matched and one.layer in {"scp", "rcp"}), "")
        where = f"policy `{reason}`" if reason else f"a level of {answer.decided_by} that does not allow it"
        return (f"{where} denies the caller sts:AssumeRoot",), tuple(unread)

    def _request(self, standing: Standing) -> Request:
        keys = {
            "sts:TaskPolicyArn": held(f"arn:{standing.partition}:iam::aws:policy/root-task/{DELETE}"),
            "aws:PrincipalArn": held(self._caller),
            "aws:ResourceAccount": held(standing.account),
        }
        if self._landscape.organization:
            keys["aws:PrincipalOrgID"] = keys["aws:ResourceOrgID"] = held(self._landscape.organization)
        root = f"arn:{standing.partition}:iam::{standing.account}:root"
        return Request("sts:assumeroot", root, Context(keys, complete=False))


def _ask(who: Asker, action: str) -> Ask:
    return Ask(name=action, denied=False, who=who, action=action, resource="arn:{partition}:iam::{account}:root")


def _layers(levels: Fact[Levels]) -> tuple[tuple[Policy, ...], ...] | None:
    if not isinstance(levels, Known) or not levels.value:
        return None
    return tuple(tuple(Policy(one.name, one.document) for one in level.policies) for level in levels.value)


def _principal(arn: str) -> Principal | None:
    """The caller as the engine wants it: a role for `assumed-role/NAME/SESSION`, else a user."""
    parts = arn.split(":")
    if len(parts) != _ARN_PARTS:
        return None
    partition, account, resource = parts[1], parts[4], parts[5]
    if resource.startswith("assumed-role/"):
        role = resource.split("/")[1]
        start = f"arn:{partition}:iam::{account}:role/{role}"
        return Principal(kind=Kind.ROLE, arn=start, account=account, session=arn)
    kind = Kind.ROLE if resource.startswith("role/") else Kind.USER
    return Principal(kind=kind, arn=arn, account=account)


def _by(said: Ruling) -> str:
    if said.by:
        place = said.by[0]
        return f"policy `{place.policy}` at {place.level}, statement `{place.statement}`,"
    return f"{said.omitted or 'a level above it'}, where no policy allows it,"


def _on(said: Ruling) -> str:
    return ", ".join(said.depends_on) or "what is not known"


def _why(fact: Fact[Levels], what: str) -> str:
    return f"the {what} are not known: {fact.reason}" if isinstance(fact, Unknown) else f"there are no {what}"
