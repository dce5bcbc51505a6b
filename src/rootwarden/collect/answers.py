"""The raw answers of one account, wherever they came from: an evidence folder or a live run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from rootwarden.aws.calls import JsonObject
    from rootwarden.facts.fact import Fact, Unknown


class Answers(Protocol):
    """What was answered about one account.

    Attributes:
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …
    """

    @property
    def account(self) -> str:
        """Twelve digits."""
        ...

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov`, …"""
        ...

    def answer(self, file: str) -> Fact[JsonObject]:
        """The answer kept in `file`, a path below the account's evidence folder.

        Returns:
            Known with the document; unknown with reason `NOT_COLLECTED` when nobody asked, another reason when asking
            failed; absent when AWS said there is none.
        """
        ...

    def regions(self) -> tuple[str, ...]:
        """Every region something was asked in."""
        ...


class CountedAnswers(Answers, Protocol):
    """Answers that also tell what was refused."""

    def refusals(self) -> list[Unknown]:
        """Every call that gave no answer; the first source names it."""
        ...

    def answered_any(self) -> bool:
        """Whether anything at all was answered."""
        ...


def file_name(name: str) -> str:
    """The name of a resource, safe as the name of a file on every system, and reversible.

    Everything but ASCII letters, digits, `.`, `_` and `-` is percent-encoded as UTF-8 (`a/b` is `a%2Fb`, `%` is
    `%25`), and so are the names `.` and `..`. `urllib.parse.unquote` gives the name back.
    """
    if name in {".", ".."}:
        return "%2E" * len(name)
    return quote(name, safe="._-", errors="surrogatepass").replace("~", "%7E")
