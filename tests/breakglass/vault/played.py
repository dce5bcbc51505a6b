"""An authority that believes what a test's log says: entries are grants. The real one replays the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.sealed import Binding
from rootwarden.breakglass.vault.authority import (
    ExportGrant,
    OpeningGrant,
    PasswordGrant,
    RecordGrant,
    RewrapGrant,
    SealedGroup,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.transparency.head import Head

Found = TypeVar("Found")


class Played:
    """Knows what was written, by kind and name."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str], Any] = {}

    @property
    def epoch(self) -> int:
        return max((int(name) for kind, name in self.said if kind == "epoch-begun"), default=1)

    @property
    def checkpoint_key(self) -> str:
        return str(self.said.get(("checkpoint-key", "new"), ""))

    def epoch_in(self, entries: Sequence[bytes]) -> int:
        read = [msgspec.json.decode(entry) for entry in entries]
        return max((int(each["name"]) for each in read if each.get("kind") == "epoch-begun"), default=0)

    def advance(self, entries: Sequence[bytes], head: Head, receipts: Sequence[bytes]) -> None:
        if receipts != [b"anchored"]:
            raise Refused("V2", "the head is not anchored")
        self.hear(entries)

    def hear(self, entries: Sequence[bytes]) -> None:
        read = [msgspec.json.decode(entry) for entry in entries]
        if any(each["kind"] == "nonsense" for each in read):
            raise Refused("G3", "an entry makes no sense")
        for each in read:
            self.said[each["kind"], each["name"]] = each["content"]

    def founding(self, group: str, epoch: int, now: datetime) -> Group:
        return self._look("group", f"{group}/{epoch}", Group, "O2")

    def sealed_group(self, group: str, epoch: int, now: datetime) -> SealedGroup:
        digest = self._look("epoch-sealed", f"{group}/{epoch}", str, "O2")
        return SealedGroup(group=self.founding(group, epoch, now), envelope=digest)

    def opening(self, opening: str, now: datetime) -> OpeningGrant:
        grant = self._look("opening", opening, OpeningGrant, "O1")
        shares = {
            name.removeprefix(f"{opening}/"): digest
            for (kind, name), digest in self.said.items()
            if kind == "share" and name.startswith(f"{opening}/")
        }
        return msgspec.structs.replace(grant, shares=shares)

    def code(self, *, lease: str, device: str, step: int, now: datetime) -> RecordGrant:
        return self._record("R1", "code-released", f"{lease}/{device}/{step}")

    def password(self, *, lease: str, now: datetime) -> PasswordGrant:
        recipient = self._look("recipient", lease, str, "R2")
        return PasswordGrant(record=self._record("R1", "password-released", lease), recipient=recipient)

    def sealing(self, *, lease: str, device: str, now: datetime) -> Binding:
        return self._look("enrolment", f"{lease}/{device}", Binding, "N1")

    def enrolment(self, *, lease: str, device: str, step: int, now: datetime) -> RecordGrant:
        return self._record("N2", "enrolment-served", f"{lease}/{device}/{step}")

    def export(self, *, lease: str, now: datetime) -> ExportGrant:
        return self._look("export", lease, ExportGrant, "R1")

    def exported(self, *, lease: str, digest: str, now: datetime) -> None:
        if self._look("export-released", lease, str, "R1") != digest:
            raise Refused("R1", "another export was released")

    def rewrap(self, group: str, now: datetime) -> RewrapGrant:
        return self._look("rewrap", group, RewrapGrant, "O1")

    def warm_seconds(self, account: str, now: datetime) -> float:
        return float(self.said.get(("warm", account), 0))

    def _record(self, step: str, kind: str, name: str) -> RecordGrant:
        return self._look(kind, name, RecordGrant, step)

    def _look(self, kind: str, name: str, of: type[Found], step: str) -> Found:
        if (kind, name) not in self.said:
            raise Refused(step, f"the log has no `{kind}` of this name")
        return msgspec.convert(self.said[kind, name], of)
