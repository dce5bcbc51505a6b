"""The hand that changes an organization: a look, one target's policies, one call; AWS, or what stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from rootwarden.attachment.plan import TYPES
from rootwarden.attachment.present import look
from rootwarden.aws.calls import Call
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.door import CallFailed
from rootwarden.aws.regions import home_region
from rootwarden.errors import AccessError, AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rootwarden.attachment.plan import Verb
    from rootwarden.attachment.present import Present
    from rootwarden.aws.calls import Json
    from rootwarden.aws.door import Door

_SECONDS: Final = 600.0
_ONE_CALL: Final = 120.0


class Hand(Protocol):
    """What applying a plan needs of AWS.

    Attributes:
        who: ARN of whoever works.
        account: Their account.
    """

    who: str
    account: str

    def look(self) -> Present:
        """Everything as it is now."""
        ...

    def attached(self, kind: str, target: str) -> tuple[str, ...]:
        """Ids of the policies of a kind at a target, in order of id.

        Raises:
            CallFailed: It is not answered.
        """
        ...

    def change(self, verb: Verb, parameters: Mapping[str, Json]) -> None:
        """Make one call that changes something.

        Raises:
            CallFailed: With AWS's code, or one of ours where nobody knows what became of it.
        """
        ...


class AwsHand:
    """AWS itself, with the caller's own credentials.

    Args:
        door: The door to AWS.
        clock: Tells the time.

    Raises:
        AccessError: AWS does not accept the credentials.
        AwsError: AWS cannot be reached.
    """

    def __init__(self, door: Door, clock: Callable[[], datetime]) -> None:
        self._door = door
        self._clock = clock
        call = Call(service="sts", operation="GetCallerIdentity", file="", region=door.region)
        try:
            answer = door.ask(call, identity=None, deadline=Deadline(_ONE_CALL))
        except CallFailed as failed:
            if failed.code in {"ConnectionError", "Timeout", "MalformedAnswer"}:
                raise AwsError(f"AWS cannot be reached: {failed.detail or failed.code}") from failed
            raise AccessError(f"AWS does not accept the credentials: {failed.code}", hint="sign in again") from failed
        self.who, self.account = str(answer.get("Arn")), str(answer.get("Account"))
        self._home = home_region(self.who.split(":")[1] if self.who.count(":") > 1 else "aws")

    def look(self) -> Present:
        """Everything as it is now.

        Raises:
            AccessError: Part of it was refused.
        """
        return look(self._door, caller=self.account, home=self._home, deadline=Deadline(_SECONDS), clock=self._clock)

    def attached(self, kind: str, target: str) -> tuple[str, ...]:
        """Ids of the policies of a kind at a target, in order of id."""
        answer = self._ask("ListPoliciesForTarget", {"TargetId": target, "Filter": TYPES[kind]})
        listed = answer.get("Policies")
        if not isinstance(listed, list):
            raise CallFailed("MalformedAnswer", "ListPoliciesForTarget")
        return tuple(sorted(str(each.get("Id")) for each in listed if isinstance(each, dict)))

    def change(self, verb: Verb, parameters: Mapping[str, Json]) -> None:
        """Make one call that changes something."""
        self._ask(verb.operation, parameters)

    def _ask(self, operation: str, parameters: Mapping[str, Json]) -> dict[str, Json]:
        call = Call(
            service="organizations", operation=operation, file="", region=self._home, parameters=dict(parameters)
        )
        return self._door.ask(call, identity=None, deadline=Deadline(_ONE_CALL), charged=self.account)
