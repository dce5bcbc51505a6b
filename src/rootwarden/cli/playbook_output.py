"""What `rootwarden detection playbook` prints: the list, or the steps of one, with the commands to type."""

from __future__ import annotations

import shlex
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.playbook import Phase
from rootwarden.rules.diagnostic import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rootwarden.detect.visits.playbook import Playbook, Step

PHASE_WORDS: Final[Mapping[Phase, str]] = MappingProxyType(
    {
        Phase.KEEP: "Keep evidence",
        Phase.CONTAIN: "Contain",
        Phase.EVICT: "Evict",
        Phase.ROTATE: "Rotate",
        Phase.RECOVER: "Recover",
    }
)


def playbooks_as_text(playbooks: Sequence[Playbook]) -> str:
    """One line a playbook."""
    widest = max((len(one.id) for one in playbooks), default=0)
    return "\n".join(printable(f"{one.id:<{widest}}  {one.title}") for one in playbooks)


def playbook_as_text(one: Playbook, account: Accounts) -> str:
    """The playbook for somebody who was just woken.

    Args:
        one: The playbook.
        account: The kind of account it is about. `any`: every step is printed, with the accounts it is for.
    """
    steps = one.steps if account is Accounts.ANY else one.steps_for(account)
    blocks = [f"{one.id}: {one.title}\n{one.when}", f"Harmless when\n  {one.harmless}"]
    for phase, numbered in groupby(enumerate(steps, 1), key=lambda pair: pair[1].phase):
        told = "\n".join(_step(number, step, account) for number, step in numbered)
        blocks.append(f"{PHASE_WORDS[phase]}\n{told}")
    return "\n\n".join("\n".join(printable(line) for line in block.splitlines()) for block in blocks)


def _step(number: int, step: Step, account: Accounts) -> str:
    only = "" if account is not Accounts.ANY or Accounts.ANY in step.accounts else f"[{', '.join(step.accounts)}] "
    command = [f"$ {shlex.join(step.command)}"] if step.command else []
    below = (*command, f"why: {step.why}", f"it worked when: {step.check}")
    return "\n".join([f"  {number:>2}. {only}{step.what} ({step.who})", *(f"      {line}" for line in below)])
