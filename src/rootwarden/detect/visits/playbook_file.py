"""Reads one playbook from its file (docs/playbooks/README.md)."""

from __future__ import annotations

from typing import Final

import msgspec

from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.playbook import Phase, Playbook, Step
from rootwarden.detect.visits.strict_toml import FileKind, in_backticks, is_id, read_toml, refused


class _PlaybookTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    when: str
    harmless: str
    step: tuple[Step, ...]
    references: tuple[str, ...] = ()


_KIND: Final = FileKind("playbook", "docs/playbooks/README.md", (_PlaybookTable, Step))
_ORDER: Final = tuple(Phase)
_KINDS: Final = (Accounts.MANAGEMENT, Accounts.STANDALONE, Accounts.MEMBER)


def read_playbook(text: str, *, file: str = "") -> Playbook:
    """Read one playbook.

    Raises:
        InputError: The file is not a playbook, its phases are out of order, or a kind of account lacks one.
    """
    table = read_toml(text, _PlaybookTable, _KIND, file=file)
    if not is_id(table.id):
        raise refused(f"the id {in_backticks(table.id)} is not lower-case words joined by `-`", _KIND, file)
    places = [_ORDER.index(step.phase) for step in table.step]
    if places != sorted(places):
        raise refused(f"its steps are not in the order {', '.join(_ORDER)}", _KIND, file)
    for kind in _KINDS:
        there = {step.phase for step in table.step if step.concerns(kind)}
        lacking = [phase for phase in _ORDER if phase not in there]
        if lacking:
            raise refused(f"a {kind} account has no step to {lacking[0]}", _KIND, file)
    return Playbook(
        id=table.id,
        title=table.title,
        when=" ".join(table.when.split()),
        harmless=" ".join(table.harmless.split()),
        steps=table.step,
        references=table.references,
    )
