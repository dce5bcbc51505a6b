"""The one exception root, with families by *who must act*.

The library raises these and never prints or exits; the command line catches `RootwardenError` once, prints
`error: message` and `hint: next step`, and exits with the family's code (docs/exit-codes.md).

    RootwardenError
    ├── UsageError          the user's arguments            exit 2
    ├── InputError          the user's files                exit 2
    ├── AccessError         the user's AWS permissions      exit 3
    ├── AwsError            AWS, or the way to it           exit 3
    ├── StoreError          who runs the database           exit 3
    ├── ClusterError        who runs the Spark cluster      exit 3
    ├── SinkError           who runs a sink of the log      exit 3
    └── InternalError       us                              exit 70
"""

from __future__ import annotations

from typing import ClassVar


class RootwardenError(Exception):
    """Anything Rootwarden raises on purpose.

    Attributes:
        message: What went wrong: lower case, no full stop, the user's input in backticks.
        hint: What to do next, or an empty string when the message already says it.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RootwardenError):
    """The arguments cannot be carried out as given."""

    exit_code = 2


class InputError(RootwardenError):
    """A file or text the user gave cannot be read as what it should be."""

    exit_code = 2


class AccessError(RootwardenError):
    """AWS refused: a permission or a valid credential is missing."""

    exit_code = 3


class AwsError(RootwardenError):
    """AWS or the network did not answer usefully, for no fault of the user's permissions."""

    exit_code = 3


class StoreError(RootwardenError):
    """A database is gone, locked for too long, full, or of a later version."""

    exit_code = 3


class ClusterError(RootwardenError):
    """The Spark cluster cannot be reached, or gave up a job."""

    exit_code = 3


class SinkError(RootwardenError):
    """A sink of the audit log of break-glass did not take a head, or cannot say which it holds."""

    exit_code = 3


class InternalError(RootwardenError):
    """Something that cannot happen did."""

    exit_code = 70
