"""Who is who: callers of a log and principals of account dumps that are the same.

Names have no letter case, and logs often leave the path out. A unique id that differs means somebody else: a role that
was deleted and made again is not the one that made the calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.principal import Kind as HolderKind
from rootwarden.iam.usage.caller import Caller, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.admins.holders import Holder

_OURS = (Kind.USER, Kind.ROLE)


class Census:
    """Finds for every caller the one it is to be counted with.

    Args:
        holders: Principals of the account dumps.
        callers: Callers of the log.
    """

    def __init__(self, holders: Iterable[Holder], callers: Iterable[Caller]) -> None:
        self.holders: dict[Caller, Holder] = {}
        self._by_id: dict[str, Caller] = {}
        self._by_name: dict[tuple[str, Kind, str], list[Caller]] = {}
        for holder in holders:
            kind = Kind.USER if holder.kind is HolderKind.USER else Kind.ROLE
            caller = Caller(kind, holder.arn, holder.account.id, holder.id)
            self.holders[caller] = holder
            self._know(caller)
        # Those of which most is known first, and in one order whatever the order of the log.
        for caller in sorted(callers, key=lambda one: (not one.id, -len(one.arn), one)):
            if caller.kind in _OURS and caller.arn and self._found(caller) is None:
                self._know(caller)

    def resolve(self, caller: Caller) -> Caller:
        """The caller it is counted with; itself where there is no other."""
        if caller.kind not in _OURS:
            return caller
        return self._found(caller) or caller

    def _know(self, caller: Caller) -> None:
        if caller.id:
            self._by_id.setdefault(caller.id, caller)
        self._by_name.setdefault((caller.account, caller.kind, caller.name.lower()), []).append(caller)

    def _found(self, caller: Caller) -> Caller | None:
        if caller.id in self._by_id:
            return self._by_id[caller.id]
        if not caller.arn:
            return None
        named = self._by_name.get((caller.account, caller.kind, caller.name.lower()), [])
        return next((one for one in named if not (one.id and caller.id)), None)
