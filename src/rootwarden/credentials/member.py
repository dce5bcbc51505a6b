"""The way into a member: look at its root user through a session, and make the calls of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.collect import files, read
from rootwarden.collect.asked import Asked
from rootwarden.collect.evidence import AccountAnswers
from rootwarden.collect.plan import key_last_used_call, root_session_calls
from rootwarden.collect.refusal import fact_of_error
from rootwarden.credentials.compare import Now
from rootwarden.credentials.holdings import read_holdings
from rootwarden.facts.fact import Absent, Known, Source, Unknown
from rootwarden.guardrails.replaying.digest import policy_digest
from rootwarden.iam.document import DocumentError, read_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.aws.door import Door
    from rootwarden.aws.identity import Identity
    from rootwarden.collect.root_session import RootSessionOpener
    from rootwarden.credentials.plan import Step
    from rootwarden.facts.fact import Fact

ACCOUNT_SECONDS: Final = 300.0
_LOOKING: Final = ("Describe", "Get", "List")
_NOT_ATTACHED: Final = Unknown("nobody had to look what is attached")


class Members:
    """Looks into members and changes them, through one door.

    Args:
        door: Access to AWS.
        opener: Opens sessions of AssumeRoot.
        caller: The caller's own account.
        partition: The caller's partition.
        home: Home region of the partition.
        clock: What looks are stamped with.
    """

    def __init__(
        self,
        *,
        door: Door,
        opener: RootSessionOpener,
        caller: str,
        partition: str,
        home: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._opener = opener
        self._caller = caller
        self._partition = partition
        self._home = home
        self._clock = clock

    def open(self, account: str, task: str) -> Identity:
        """Open a session under a task policy.

        Raises:
            CallFailed: AWS does not open one.
        """
        policy = f"arn:{self._partition}:iam::aws:policy/root-task/{task}"
        return self._opener.open(account, policy, Deadline(ACCOUNT_SECONDS))

    def look(self, account: str, session: Identity, *, attached: bool) -> Now:
        """What root holds now.

        Args:
            account: The member.
            session: A session whose task policy allows the reads.
            attached: Look which policies are attached to the account, too.
        """
        answers = AccountAnswers(account, self._partition)
        asked = Asked(self._door, answers, Deadline(ACCOUNT_SECONDS), self._home, self._clock)
        for call in root_session_calls():
            if call.file != files.ACCOUNT_SUMMARY:
                asked.ask(call, session)
        listed = read.records(answers.answer(files.ROOT_ACCESS_KEYS), "AccessKeyMetadata")
        for each in listed.value if isinstance(listed, Known) else ():
            asked.ask(key_last_used_call(str(each.get("AccessKeyId"))), session)
        return Now(holdings=read_holdings(answers), attached=self._attached(account) if attached else _NOT_ATTACHED)

    def do(self, call: str, parameters: dict[str, Json], session: Identity | None) -> JsonObject:
        """Make one call.

        Args:
            call: The operation as IAM spells it.
            parameters: Its parameters.
            session: The session to make it in; `None` for the caller's own credentials.

        Raises:
            CallFailed: AWS refused it, or did not answer.
        """
        service, _, operation = call.partition(":")
        changes = not operation.startswith(_LOOKING)
        asked = Call(
            service=service, operation=operation, file="", parameters=parameters, region=self._home, changes=changes
        )
        charged = session.account if session is not None else self._caller
        return self._door.ask(asked, identity=session, deadline=Deadline(ACCOUNT_SECONDS), charged=charged)

    def step(self, step: Step, session: Identity | None) -> None:
        """Make the call of a step.

        Raises:
            CallFailed: AWS refused it, or did not answer.
        """
        self.do(step.call, step.parameters, session if step.through else None)

    def policy_sha256(self, policy: str) -> str:
        """Digest of the document a policy has now (docs/guardrails-replay.md); empty when it is none we can read.

        Raises:
            CallFailed: AWS refused it, or did not answer.
        """
        answer = self.do("organizations:DescribePolicy", {"PolicyId": policy}, None).get("Policy")
        content = answer.get("Content") if isinstance(answer, dict) else None
        try:
            return policy_digest(read_document(content)) if isinstance(content, str) else ""
        except DocumentError:
            return ""

    def organization(self) -> str:
        """Id of the organization of the caller.

        Raises:
            CallFailed: AWS refused it, or did not answer; also when there is none.
        """
        answer = self.do("organizations:DescribeOrganization", {}, None).get("Organization")
        return str(answer.get("Id") or "") if isinstance(answer, dict) else ""

    def gone(self, account: str) -> str:
        """Why an account cannot be reached any more: it left, or is not active; empty when it is there."""
        try:
            answer = self.do("organizations:DescribeAccount", {"AccountId": account}, None)
        except CallFailed as failed:
            return "it is not in the organization any more" if failed.code == "AccountNotFoundException" else ""
        described = answer.get("Account")
        told = described if isinstance(described, dict) else {}
        state = str(told.get("State") or told.get("Status") or "")
        return "" if state in {"ACTIVE", ""} else f"the account is {state}"

    def _attached(self, account: str) -> Fact[tuple[str, ...]]:
        call = "organizations:ListPoliciesForTarget"
        source = Source(call=call, account=self._caller, observed_at=self._clock())
        try:
            answer = self.do(call, {"TargetId": account, "Filter": "SERVICE_CONTROL_POLICY"}, None)
        except CallFailed as failed:
            fact = fact_of_error(failed.code, call, source)
            return Unknown(f"{call} found nothing") if isinstance(fact, Absent) else fact
        listed = read.records(Known(answer, (source,)), "Policies")
        if not isinstance(listed, Known):
            return listed
        return Known(tuple(str(each.get("Id")) for each in listed.value), (source,))
