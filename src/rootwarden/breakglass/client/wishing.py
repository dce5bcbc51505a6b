"""From what somebody typed, or read, to what they wish for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core.change import Change, change_digest
from rootwarden.breakglass.core.request import Purpose, digest_of
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.people_views import ProposalView
    from rootwarden.breakglass.broker.views import RequestView


def purpose_of(text: str) -> Purpose:
    """A purpose by its name.

    Raises:
        UsageError: There is none of this name.
    """
    try:
        return Purpose(text)
    except ValueError as error:
        named = ", ".join(one.value for one in Purpose)
        raise UsageError(f"there is no purpose `{text}`", hint=f"one of {named}") from error


def digest_shown(view: RequestView) -> str:
    """The digest of a request, made from what is shown of it; an approval is over this and nothing else.

    Raises:
        Distrusted: The service says it has another one.
    """
    made = digest_of(view.request)
    if made != view.digest:
        hint = "approve nothing; tell an administrator"
        raise Distrusted("the digest of the request is not that of what is shown", hint=hint)
    return made


def proposal_shown(view: ProposalView) -> str:
    """The digest of a proposal, made from what is shown of it.

    Raises:
        Distrusted: The service says it has another one.
    """
    made = change_digest(view.id, view.change)
    if made != view.digest:
        hint = "second nothing; tell the other administrators"
        raise Distrusted("the digest of the proposal is not that of the change that is shown", hint=hint)
    return made


def read_change(content: bytes) -> Change:
    """A change as JSON: `{"change": "set-person", "person": {…}}`.

    Raises:
        InputError: It is none.
    """
    try:
        change: Change = _CHANGES.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        hint = "docs/break-glass.md shows one of each kind"
        raise InputError(f"this is no change: {error}", hint=hint) from error
    return change


_CHANGES: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Change)
