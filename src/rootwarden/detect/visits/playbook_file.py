"""Reads one playbook from its file, and the steps that several share (docs/playbooks/README.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.playbook import Phase, Playbook, Step
from rootwarden.strict_toml import FileKind, in_backticks, is_id, meant, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Mapping


class _StepTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[step]]`: a step of its own, or `use` with the name of a shared one and nothing else."""

    use: str = ""
    phase: Phase | None = None
    accounts: tuple[Accounts, ...] = (Accounts.ANY,)
    who: str = ""
    what: str = ""
    why: str = ""
    command: tuple[str, ...] = ()
    check: str = ""


class _PlaybookTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    when: str
    harmless: str
    step: tuple[_StepTable, ...]
    references: tuple[str, ...] = ()


class _SharedTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    step: dict[str, _StepTable]


_KIND: Final = FileKind("playbook", "docs/playbooks/README.md", (_PlaybookTable, _StepTable))
_SHARED: Final = FileKind("file of shared steps", "docs/playbooks/README.md", (_SharedTable, _StepTable))
_ORDER: Final = tuple(Phase)
_KINDS: Final = (Accounts.MANAGEMENT, Accounts.STANDALONE, Accounts.MEMBER)


def read_shared_steps(text: str, *, file: str = "") -> dict[str, Step]:
    """Read the steps that playbooks share, by name.

    Raises:
        InputError: The file is not one of shared steps.
    """
    table = read_toml(text, _SharedTable, _SHARED, file=file)
    return {name: _step(each, {}, _SHARED, file) for name, each in table.step.items()}


def read_playbook(text: str, *, file: str = "", shared: Mapping[str, Step] | None = None) -> Playbook:
    """Read one playbook.

    Args:
        text: The file: TOML.
        file: Its name, for messages.
        shared: Steps it may use by name.

    Raises:
        InputError: The file is not a playbook, its phases are out of order, or a kind of account lacks one.
    """
    table = read_toml(text, _PlaybookTable, _KIND, file=file)
    if not is_id(table.id):
        raise refused(f"the id {in_backticks(table.id)} is not lower-case words joined by `-`", _KIND, file)
    steps = tuple(_step(each, shared or {}, _KIND, file) for each in table.step)
    _complain(steps, file)
    return Playbook(
        id=table.id,
        title=table.title,
        when=_line(table.when),
        harmless=_line(table.harmless),
        steps=steps,
        references=table.references,
    )


def _complain(steps: tuple[Step, ...], file: str) -> None:
    places = [_ORDER.index(step.phase) for step in steps]
    if places != sorted(places):
        raise refused(f"its steps are not in the order {', '.join(_ORDER)}", _KIND, file)
    for kind in _KINDS:
        there = {step.phase for step in steps if step.concerns(kind)}
        lacking = [phase for phase in _ORDER if phase not in there]
        if lacking:
            raise refused(f"a {kind} account has no step to {lacking[0]}", _KIND, file)


def _step(table: _StepTable, shared: Mapping[str, Step], kind: FileKind, file: str) -> Step:
    if table.use:
        if table != _StepTable(use=table.use):
            raise refused(f"a step that uses {in_backticks(table.use)} says more than that", kind, file)
        if table.use not in shared:
            raise refused(f"there is no shared step {in_backticks(table.use)}{meant(table.use, shared)}", kind, file)
        return shared[table.use]
    for name in ("who", "what", "why", "check"):
        if not getattr(table, name).strip():
            raise refused(f"a step has no `{name}`", kind, file)
    if table.phase is None:
        raise refused("a step has no `phase`", kind, file)
    return Step(
        phase=table.phase,
        accounts=table.accounts,
        who=table.who,
        what=_line(table.what),
        why=_line(table.why),
        command=table.command,
        check=_line(table.check),
    )


def _line(text: str) -> str:
    return " ".join(text.split())
