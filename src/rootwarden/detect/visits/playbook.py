"""Playbooks: what to do after a detection, step by step, for each kind of account (docs/playbooks/README.md)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.detect.visits.detection import Accounts


class Phase(StrEnum):
    """What a step is for, in the order steps are taken; evidence is kept before anything is changed."""

    KEEP = "keep"
    CONTAIN = "contain"
    EVICT = "evict"
    ROTATE = "rotate"
    RECOVER = "recover"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step.

    Attributes:
        phase: What it is for.
        accounts: In which accounts it is taken; `any` alone for all.
        who: Who takes it: a role of people, not a name.
        what: What to do, as an imperative.
        why: What happens to who leaves it out.
        command: The same as words of the AWS CLI or of rootwarden; names to replace in CAPITALS. Empty: by hand.
        check: How to see that it worked.
    """

    phase: Phase
    accounts: tuple[Accounts, ...] = (Accounts.ANY,)
    who: str
    what: str
    why: str
    command: tuple[str, ...] = ()
    check: str

    def concerns(self, account: Accounts) -> bool:
        """Whether the step is taken in an account of a kind."""
        return Accounts.ANY in self.accounts or account in self.accounts


class Playbook(msgspec.Struct, frozen=True, kw_only=True):
    """One playbook.

    Attributes:
        id: Stable, the file's name.
        title: What happened, as the detections say it.
        when: When to take it, in a sentence or two.
        harmless: When to stop after the first steps.
        steps: In order.
        references: Pages it stands on.
    """

    id: str
    title: str
    when: str
    harmless: str
    steps: tuple[Step, ...]
    references: tuple[str, ...] = ()

    def steps_for(self, account: Accounts) -> tuple[Step, ...]:
        """What to do in an account of a kind, in order."""
        return tuple(step for step in self.steps if step.concerns(account))
