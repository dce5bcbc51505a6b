"""Refusals at the door: one sentence for whoever asked, the reason for the log."""

from __future__ import annotations

from rootwarden.errors import RootwardenError


class SignInError(RootwardenError):
    """Whoever asked is not let in.

    The message is the same for every cause, so that nobody learns who exists, or how near a guess came.

    Attributes:
        reason: What was wrong, for the log; never for the answer.
    """

    exit_code = 3

    def __init__(self, reason: str) -> None:
        super().__init__("the sign-in was refused", hint="start it again; if it goes on, ask an administrator")
        self.reason = reason


class SessionError(RootwardenError):
    """There is no session, or not one that lasts, or not one that may do this."""

    exit_code = 3

    def __init__(self, message: str = "you are not signed in") -> None:
        super().__init__(message, hint="sign in with a passkey or a hardware-held key")


class ForgeryError(RootwardenError):
    """A request that a page of ours did not make."""

    exit_code = 3


class ChallengeError(RootwardenError):
    """A challenge that was never issued, is used up, too old, or for something else."""

    exit_code = 3

    def __init__(self, reason: str) -> None:
        super().__init__("the challenge does not hold any more", hint="ask for a new one and sign again")
        self.reason = reason


class TooManyError(RootwardenError):
    """More attempts than anybody needs.

    Attributes:
        seconds: When the next one is taken.
    """

    exit_code = 3

    def __init__(self, seconds: float) -> None:
        super().__init__("too many attempts", hint=f"try again in {max(1, round(seconds))} s")
        self.seconds = seconds


class UnreachableError(RootwardenError):
    """A provider or directory does not answer in time, or not as its standard says.

    Attributes:
        status: Of HTTP, when it did answer and said no; else 0.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status
