"""Hand findings to Security Hub: the one write a posture audit can make, and only when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.aws.calls import JsonObject
    from rootwarden.aws.door import Door

SECONDS = 600


def send(door: Door, batches: Iterable[list[JsonObject]]) -> int:
    """Import findings, a batch a call.

    Args:
        door: Access to AWS, in the region whose Security Hub is meant.
        batches: ASFF findings, at most 100 a batch.

    Returns:
        How many Security Hub took.

    Raises:
        AccessError: When it refused a batch, or a finding in one.
    """
    taken = 0
    for batch in batches:
        call = Call(
            service="securityhub",
            operation="BatchImportFindings",
            file="",
            region=door.region,
            parameters={"Findings": [*batch]},
        )
        try:
            answer = door.ask(call, identity=None, deadline=Deadline(SECONDS))
        except CallFailed as failed:
            raise AccessError(
                f"Security Hub took {taken} findings and then refused: {failed.code} {failed.detail}".rstrip(),
                hint="it needs securityhub:BatchImportFindings, and Security Hub switched on in this region",
            ) from failed
        _raise_on_failed(answer, taken)
        taken += len(batch)
    return taken


def _raise_on_failed(answer: JsonObject, taken: int) -> None:
    failed = answer.get("FailedFindings")
    if isinstance(failed, list) and failed:
        first = failed[0] if isinstance(failed[0], dict) else {}
        raise AccessError(
            f"Security Hub took {taken} findings and then refused {len(failed)}: {first.get('ErrorMessage')}",
            hint="the account and region of the findings must be those of the caller",
        )
