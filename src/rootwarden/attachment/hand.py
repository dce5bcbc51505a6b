"""The hand that changes an organization: a look, one target's policies, one call; AWS, or what stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from rootwarden.attachment.plan import TYPES
from rootwarden.attachment.present import look
from rootwarden.aws.caller import caller_of
from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.regions import home_region

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rootwarden.attachment.plan import Verb
    from rootwarden.attachment.present import Present
    from rootwarden.aws.calls import Json
    from rootwarden.aws.door import Door

_SECONDS: Final = 600.0
_ONE_CALL: Final = 120.0
_LOOKING: Final = ("Describe", "List")


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
        caller = caller_of(door, Deadline(_ONE_CALL))
        self.who, self.account = caller.arn, caller.account
        self._home = home_region(caller.partition)

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
            service="organizations",
            operation=operation,
            file="",
            region=self._home,
            parameters=dict(parameters),
            changes=not operation.startswith(_LOOKING),
        )
        return self._door.ask(call, identity=None, deadline=Deadline(_ONE_CALL), charged=self.account)
