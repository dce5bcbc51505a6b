"""Ask AWS where every account stands and which policies are above it, for guardrails to be proven.

From the management account or a delegated administrator, with the caller's own credentials: no account is entered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.aws.caller import caller_of
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.regions import home_region
from rootwarden.collect.asked import Asked
from rootwarden.collect.evidence import AccountAnswers
from rootwarden.collect.guardrail_landscape import resource_controls, sign_in_of
from rootwarden.collect.live_organization import OrganizationCollector
from rootwarden.collect.organization import read_organization
from rootwarden.collect.plan import plan_for, sign_in_calls
from rootwarden.errors import AccessError
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.guardrails.standing import landscape

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.aws.caller import Caller
    from rootwarden.aws.door import Door
    from rootwarden.collect.live_organization import OrganizationAnswers
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization
    from rootwarden.guardrails.standing import Landscape, SignInPolicy

_SECONDS: Final = 600.0
_POLICIES: Final = plan_for(("organizations:DescribePolicy",))
_SIGN_IN: Final = plan_for(("signin:GetResourcePolicy",))


def ask_policies(
    door: Door, *, caller: str, home: str, deadline: Deadline, clock: Callable[[], datetime]
) -> OrganizationAnswers:
    """Everything Organizations answers about accounts, units and policies; what it refuses is kept as refused.

    Args:
        door: The door to AWS, with credentials of the management account.
        caller: The account of the credentials.
        home: Home region of the partition.
        deadline: When to give up.
        clock: Tells the time.
    """
    collector = OrganizationCollector(door=door, caller=caller, home=home, deadline=deadline, clock=clock)
    collector.describe()
    collector.list_accounts()
    collector.tree(_POLICIES)
    return collector.answers


def look_at_landscape(door: Door, clock: Callable[[], datetime], *, sign_in: bool) -> tuple[Landscape, Organization]:
    """Everything guardrails are proven on, as it is now.

    Args:
        door: The door to AWS.
        clock: Tells the time.
        sign_in: Read the Sign-In policy of the caller's own account, too; of no other can it be read from here.

    Returns:
        The accounts with what stands above them, and the organization; policies, and a tree, that AWS does not tell
        are unknown in them.

    Raises:
        AccessError: Who is in the organization, and who manages it, is not told, so nothing can be said of anybody.
        AwsError: AWS cannot be reached.
    """
    deadline = Deadline(_SECONDS)
    caller = caller_of(door, deadline)
    home = home_region(caller.partition)
    answers = ask_policies(door, caller=caller.account, home=home, deadline=deadline, clock=clock)
    organization = read_organization(answers.answer, answers.policy_ids())
    alone = isinstance(organization.id, Absent)
    if not alone:
        _refuse_unlisted(organization)
    own = _sign_in(door, caller, home, deadline, clock) if sign_in else {}
    others = {caller.account: caller.partition} if alone else {}
    controls = resource_controls(answers.answer, answers.policy_ids())
    return landscape(organization, controls, own, others), organization


def _refuse_unlisted(organization: Organization) -> None:
    for fact in (organization.management_account, organization.accounts):
        if not isinstance(fact, Known):
            reason = fact.reason if isinstance(fact, Unknown) else "AWS tells none"
            raise AccessError(
                f"the accounts of the organization cannot be listed: {reason}",
                hint="ask from the management account (`rootwarden permissions --for guardrails`), or give --evidence",
            )


def _sign_in(
    door: Door, caller: Caller, home: str, deadline: Deadline, clock: Callable[[], datetime]
) -> dict[str, Fact[SignInPolicy]]:
    answers = AccountAnswers(caller.account, caller.partition)
    asked = Asked(door, answers, deadline, home, clock)
    for call in sign_in_calls(_SIGN_IN):
        asked.ask(call, None)
    return {caller.account: sign_in_of(answers)}
