"""Calls about one account, and what came of them: each answered or refused, under the name of its evidence file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.aws.calls import CallFailed
from rootwarden.collect.evidence import Answered, CallRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.aws.calls import Call, JsonObject
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door
    from rootwarden.aws.identity import Identity
    from rootwarden.collect.evidence import AccountAnswers


# Codes of failures AWS did not name.
_OUR_CODES: Final = frozenset(
    {
        "Timeout",
        "NotAsked",
        "ConnectionError",
        "ConnectionClosed",
        "MalformedAnswer",
        "TooManyPages",
        "NoWayIn",
    }
)


class Asked:
    """Makes calls about one account and keeps what comes of them.

    Args:
        door: The way to AWS.
        answers: Where answers and errors are kept.
        deadline: The account's time.
        home: Region of calls that name none.
        clock: The instant an answer is seen at.
    """

    def __init__(
        self, door: Door, answers: AccountAnswers, deadline: Deadline, home: str, clock: Callable[[], datetime]
    ) -> None:
        self.answers = answers
        self.deadline = deadline
        self._door = door
        self._home = home
        self._clock = clock

    def ask(self, call: Call, identity: Identity | None, *, charged: str = "") -> None:
        """Make one call and keep the answer or the error.

        Args:
            call: The call.
            identity: Whose credentials; `None`: the caller's own.
            charged: The account whose quota AWS counts the call on; empty: the one it is about.
        """
        placed = call if call.region else msgspec.structs.replace(call, region=self._home)
        try:
            document = self._door.ask(
                placed, identity=identity, deadline=self.deadline, charged=charged or self.answers.account
            )
        except CallFailed as failed:
            self.record(call.file, call.action, failed, region=call.region)
        else:
            self.keep(call, document)

    def keep(self, call: Call, document: JsonObject) -> None:
        """Keep an answer."""
        self.answers.add(call.file, Answered(self._line(call.file, call.action, call.region, ""), document))

    def total(self, identity: Identity | None, call: Call, count: Callable[[JsonObject], int]) -> int:
        """Make one call and add up what is counted on its pages; nothing is kept.

        Args:
            identity: Whose credentials; `None`: the caller's own.
            call: The call.
            count: Counts what is on one page.

        Raises:
            CallFailed: It was refused, or did not come through.
        """
        placed = call if call.region else msgspec.structs.replace(call, region=self._home)
        return self._door.total(placed, count, identity=identity, deadline=self.deadline, charged=self.answers.account)

    def keep_ours(self, file: str, document: JsonObject) -> None:
        """Keep a document we made of several answers."""
        self.answers.add(file, Answered(self._line(file, "", "", ""), document))

    def record(self, file: str, action: str, failed: CallFailed, *, region: str = "") -> None:
        """Keep an error; only of what we say ourselves the details are kept too."""
        said = f"{failed.code}: {failed.detail}" if failed.code in _OUR_CODES and failed.detail else failed.code
        self.answers.add(file, Answered(self._line(file, action, region, said)))

    def time_for(self, pause: float) -> bool:
        """Whether a pause fits into what is left of the account's time."""
        return not self.deadline.over() and self.deadline.left() > pause

    def _line(self, file: str, action: str, region: str, error: str) -> CallRecord:
        account = self.answers.account
        return CallRecord(
            file=f"accounts/{account}/{file}",
            call=action,
            account=account,
            region=region,
            observed_at=self._clock(),
            error=error,
        )
