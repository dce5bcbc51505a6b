"""One call as a service handler sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from rootwarden.simulator.account import Account
from rootwarden.simulator.refusal import WORDS, Trouble
from rootwarden.simulator.sessions import Caller
from rootwarden.simulator.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.simulator.refusal import Refusal
    from rootwarden.simulator.world import World

    Handler = Callable[["Call"], dict[str, Any]]

T = TypeVar("T")
_AGAIN = "-again"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks what of which account; `account` is always the caller's."""

    service: str
    operation: str
    parameters: dict[str, Any]
    region: str
    caller: Caller
    account: Account
    state: State

    @property
    def name(self) -> str:
        """The call as counters and knobs spell it."""
        return f"{self.service}:{self.operation}"

    @property
    def world(self) -> World:
        """The world the call is about."""
        return self.state.world

    def text(self, name: str) -> str:
        """A text parameter, empty when not given; refused when it is something else."""
        value = self.parameters.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.invalid(f"value at '{name}' is not a string")
        return value

    def required(self, name: str) -> str:
        """A text parameter that must be there."""
        value = self.text(name)
        if not value:
            raise self.invalid(f"value null at '{name}' failed to satisfy constraint: Member must not be null")
        return value

    def number(self, name: str, *, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = self.parameters.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.invalid(f"value at '{name}' must be between {low} and {high}")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts, empty when not given."""
        value = self.parameters.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.invalid(f"value at '{name}' is not a list of strings")
        return value

    def refusal(self, trouble: Trouble, message: str) -> Refusal:
        """A trouble in the service's own words."""
        return WORDS[self.service].refusal(trouble, message)

    def invalid(self, message: str) -> Refusal:
        """The parameters are wrong."""
        return self.refusal(Trouble.INVALID, f"1 validation error detected: {message}")

    def denied(self, action: str, resource: str = "*", because: str = "") -> Refusal:
        """The caller may not do that."""
        reason = because or f"because no identity-based policy allows the {action} action"
        message = f"User: {self.caller.arn} is not authorized to perform: {action} on resource: {resource} {reason}"
        return self.refusal(Trouble.DENIED, message)

    def page(self, items: Sequence[T], *, cursor: str, size: int) -> tuple[list[T], str | None]:
        """The page that the parameter `cursor` points at, and the token of the next one."""
        given = self.text(cursor)
        start, again = self._position(given, len(items))
        end = start + size
        if self.state.has_empty_page(self.account.account_id, self.name):
            if start == 0 and not again:
                end = min(end, (len(items) + 1) // 2)
            elif not again:
                return [], f"page-{start}{_AGAIN}"
            if start == 0 and not again:
                return list(items[:end]), f"page-{end}"
        return list(items[start:end]), f"page-{end}" if end < len(items) else None

    def _position(self, given: str, count: int) -> tuple[int, bool]:
        if not given:
            return 0, False
        again = given.endswith(_AGAIN)
        digits = given.removeprefix("page-").removesuffix(_AGAIN)
        if not given.startswith("page-") or not (digits.isascii() and digits.isdigit()) or int(digits[:9]) > count:
            raise self.invalid(f"invalid pagination token '{given[:40]}'")
        return int(digits[:9]), again
