"""What interpretation reads from: answers by file name, wherever they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rootwarden.aws.calls import JsonObject
    from rootwarden.facts.fact import Fact, Unknown


class Answers(Protocol):
    """The answers about one account, live or from a folder.

    Attributes:
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …
    """

    account: str
    partition: str

    def answer(self, file: str) -> Fact[JsonObject]:
        """The decoded document that is, or would be, in `file`; unknown with the reason when there is none."""
        ...

    def regions(self) -> tuple[str, ...]:
        """Regions anything was asked in, in order."""
        ...


class CountedAnswers(Answers, Protocol):
    """Answers that also tell what was refused."""

    def refusals(self) -> list[Unknown]:
        """Every call that gave no answer; the first source names it."""
        ...

    def answered_any(self) -> bool:
        """Whether anything at all was answered."""
        ...
