"""What goes wrong between a person's program and the service, by who must act."""

from __future__ import annotations

from typing import ClassVar

from rootwarden.breakglass.core.refusal import Refused
from rootwarden.errors import RootwardenError


class ServerError(RootwardenError):
    """The service does not answer, or not in a way this version knows: nothing is known of what it did."""

    exit_code = 3


class NotThere(Refused):
    """The service has nothing of that name for whoever asks."""


class Distrusted(RootwardenError):  # noqa: N818 - a finding, not an error of anybody
    """The service wants something signed that was not wished for, or shows another log than before."""

    exit_code: ClassVar[int] = 1


class Declined(RootwardenError):  # noqa: N818 - what somebody decided
    """The person at this terminal said no; nothing was signed."""

    exit_code: ClassVar[int] = 1
