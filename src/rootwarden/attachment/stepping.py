"""One call after the other: compared before it, written down before it, and what came of it afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rootwarden.attachment.progress import Progress, made
from rootwarden.aws.calls import CallFailed
from rootwarden.errors import AwsError
from rootwarden.rollout.entry import Result
from rootwarden.rollout.surprise import Surprise, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.attachment.hand import Hand
    from rootwarden.attachment.plan import Plan, Step, Verb
    from rootwarden.aws.calls import Json
    from rootwarden.rollout.entry import Entry
    from rootwarden.rollout.journal import Journal

# AWS works on another change of the organization; it asks to try again (Organizations API reference, *Common Errors*).
_BUSY: Final = frozenset({"ConcurrentModificationException", "PolicyChangesInProgressException"})
_TRIES: Final = 6
# Codes after which AWS has certainly not made the change; after any other nobody knows (`_NOT_MADE`).
_ELSEWHERE: Final = {
    "DuplicatePolicyAttachmentException": "somebody attached it in the meantime",
    "DuplicatePolicyException": "somebody made a policy of that name in the meantime",
    "PolicyNotAttachedException": "somebody detached it in the meantime",
    "PolicyTypeAlreadyEnabledException": "somebody switched it on in the meantime",
}
_GONE: Final = {
    "PolicyNotFoundException": "the policy is not there any more",
    "TargetNotFoundException": "the target is not there any more",
}
# Organizations API reference: the errors of these calls, and *Common Errors* of a request that was not taken.
_NOT_MADE: Final = frozenset(
    {
        *_BUSY,
        *_ELSEWHERE,
        *_GONE,
        "AWSOrganizationsNotInUseException",
        "AccessDenied",
        "AccessDeniedException",
        "ConstraintViolationException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidInputException",
        "InvalidSignatureException",
        "MalformedPolicyDocumentException",
        "NoCredentials",
        "NotAsked",
        "OptInRequired",
        "PolicyTypeNotAvailableForOrganizationException",
        "PolicyTypeNotEnabledException",
        "RequestExpired",
        "RootNotFoundException",
        "SignatureDoesNotMatch",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "UnrecognizedClientException",
        "UnsupportedAPIEndpointException",
        "ValidationError",
        "ValidationException",
    }
)


class Stepper:
    """Makes calls of one plan.

    Args:
        plan: The plan.
        journal: Where it is written down first.
        hand: Makes them.
        pause: Waits so many seconds, when AWS is busy with another change.
    """

    def __init__(self, plan: Plan, journal: Journal, hand: Hand, pause: Callable[[float], None] = time.sleep) -> None:
        self._plan = plan
        self._journal = journal
        self._hand = hand
        self._pause = pause

    def make(
        self, step: Step, verb: Verb, parameters: Mapping[str, Json], *, name: str, result: Result = Result.DONE
    ) -> Surprise | None:
        """Make one call.

        Args:
            step: The step it is about.
            verb: The call: that of the step, or what takes it back.
            parameters: Its parameters.
            name: What the journal calls it.
            result: What to write down when it succeeds.

        Returns:
            What was not as planned, if anything; it is written down.

        Raises:
            AwsError: Nobody knows whether AWS made it; the next run finds out.
        """
        target = step.target or step.policy
        intent = self._journal.intend(target=target, step=name, call=verb.value, parameters=parameters)
        try:
            self._change(verb, parameters)
        except CallFailed as failed:
            return self._failed(intent, failed)
        self._journal.settle(intent, result)
        return None

    def settle_open(self) -> None:
        """Look what became of calls of a run that was killed, before anything else is done.

        Raises:
            AwsError: AWS does not show it.
        """
        waiting = self._journal.unsettled()
        if not waiting:
            return
        present, ids = self._hand.look(), Progress(self._plan, self._journal.entries).ids
        steps = {step.name: step for wave in self._plan.waves for step in wave.steps}
        for intent in waiting:
            undone = intent.step not in steps
            step = steps.get(intent.step.rpartition(" ")[2])
            so = False if step is None else made(self._plan, step, present, ids)
            if so is None:
                raise AwsError(
                    f"nobody knows whether AWS made {intent.call}: `{intent.target}` cannot be read",
                    hint="run the same command again when organizations:DescribePolicy is answered",
                )
            happened = step is not None and so is not undone
            detail = "a run was killed here; AWS shows that the call was " + ("made" if happened else "not made")
            result = (Result.UNDONE if undone else Result.FOUND) if happened else Result.FAILED
            self._journal.settle(intent, result, detail)

    def _change(self, verb: Verb, parameters: Mapping[str, Json]) -> None:
        for tried in range(_TRIES):
            try:
                self._hand.change(verb, parameters)
            except CallFailed as failed:
                if failed.code not in _BUSY or tried == _TRIES - 1:
                    raise
                self._pause(2.0**tried)
            else:
                return

    def _failed(self, intent: Entry, failed: CallFailed) -> Surprise:
        said = f"{failed.code}: {failed.detail}" if failed.detail else failed.code
        if failed.code not in _NOT_MADE:
            raise AwsError(
                f"nobody knows whether AWS made {intent.call} at `{intent.target}`: {said}",
                hint="run the same command again: it looks at AWS first",
            ) from failed
        self._journal.settle(intent, Result.REFUSED, said)
        kind, words = SurpriseKind.REFUSED, f"AWS refused {intent.call}: {said}"
        if failed.code in _ELSEWHERE:
            kind, words = SurpriseKind.CHANGED, _ELSEWHERE[failed.code]
        elif failed.code in _GONE:
            kind, words = SurpriseKind.GONE, _GONE[failed.code]
        found = Surprise(target=intent.target, kind=kind, detail=words)
        self._journal.surprise(found)
        return found
