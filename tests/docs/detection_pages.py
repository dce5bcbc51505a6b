"""Pages made from the packs: detections, root-only tasks with the task policies, and playbooks."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING

from rootwarden.cli.playbook_output import PHASE_WORDS
from rootwarden.detect.export.plain import in_words
from rootwarden.detect.visits.detection import Accounts, Avoidable, Topic, Who

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.detect.visits.detection import Detection, Task, TaskPolicy
    from rootwarden.detect.visits.playbook import Playbook, Step

TOPICS = {
    Topic.VISIT: (
        "What root does",
        "Each raises the severity of the visit it belongs to. Only root's own events count, in any of its shapes.",
    ),
    Topic.TOWARD_ROOT: (
        "What others do to become root",
        "Each is a concern of its own, before anybody was root.",
    ),
    Topic.BLIND: (
        "Denial of wallet: blinding who pays",
        "The first stage: with another within a day it is denial of wallet. What root does is part of its visit too.",
    ),
    Topic.WIDEN: ("Denial of wallet: widening the field", "The second stage: Regions, quotas, a way out of policies."),
    Topic.SPEND: ("Denial of wallet: spending", "The third stage: what mines, trains, sends and binds the payer."),
}
WHOSE = {Who.ROOT: "root", Who.NOT_ROOT: "anybody but root", Who.ANYONE: "anybody"}
KINDS = {
    Accounts.MANAGEMENT: "the management account",
    Accounts.STANDALONE: "a standalone account",
    Accounts.MEMBER: "a member account",
}
AVOIDED = {Avoidable.NO: "no", Avoidable.ASSUME_ROOT: "yes, in members", Avoidable.DELEGATE: "yes, by a role"}


_DETECTIONS = """\
# Detections

What is noticed in CloudTrail. Each detection is one file in `src/rootwarden/packs/detections/`, with its cases;
this page is made from the files. `rootwarden detection show ID` prints one with its cases. Severities: `page` wakes
somebody, `notify` tells somebody, `record` is kept. A visit that an approved check-out explains is `notify`,
whatever it did inside its task. How to add one, and how to export them:
[adding-a-detection.md](adding-a-detection.md). What to do: [playbooks](playbooks/README.md). What is second hand
or inferred about its events is marked *Doubtful*; the rest is documented by AWS. None was seen on real AWS by us.

No detection is needed for the use of a root access key, of a federated session or of any other shape:
every event of root belongs to a visit, and a visit that nothing explains pages by itself.
"""
_TASKS = """\
# Root-only tasks

A visit of root is explained only if all its changes belong to one task that needs root. These are the tasks: one
file each in `src/rootwarden/packs/root-tasks/`; this page is made from the files. A task that a central root
session can do instead (`sts:AssumeRoot` with a task policy) is avoidable in a member account: there a sign-in as
root for it is told apart.

Keys of a file: `id`, `title`, `source`; `writes`, an event pattern as in [a detection](adding-a-detection.md), left
out where nobody knows the events; `avoidable` and `task_policy`; `accounts` where it makes sense; `doubtful`, what
AWS does not document; `[[case]]`.

| task | what | accounts | avoidable | task policy |
|---|---|---|---|---|
"""
_POLICIES = """
## Task policies of AssumeRoot

AWS knows five (`arn:aws:iam::aws:policy/root-task/NAME`); what a session under each may do, reads too. Files in
`src/rootwarden/packs/task-policies/`, with `allows` instead of `writes`.
"""
_PLAYBOOKS = """\
# Playbooks

What to do when a detection fires: keep evidence, contain, evict, rotate, recover, in this order. Each page has a
part for the management account, for a standalone account and for a member, because what binds root of a member
(service control policies, central root sessions) does not bind the others. `rootwarden detection playbook ID` prints
the same at a terminal, `--account member` only what concerns a member. CAPITALS in a command stand for your own
values.

| playbook | what happened | detections |
|---|---|---|
"""
_PLAYBOOK_FILE = """
## The file

One file each in `src/rootwarden/packs/playbooks/`: `id`, `title`, `when`, `harmless`, `references`, and `[[step]]`
with `phase` (`keep`, `contain`, `evict`, `rotate`, `recover`), `accounts` (`any`, `management`, `standalone`,
`member`), `who`, `what`, `why`, `command` (the words of a command line, one by one) and `check`. `use` takes a step
of `shared/steps.toml` instead. Reading fails when the phases are out of order or a kind of account has none of one
phase; a test compares every command with the model of the AWS CLI.
"""


def detections_page(detections: Sequence[Detection]) -> str:
    """All detections: a table for each topic, then each with its events."""
    parts = [_DETECTIONS]
    for topic, (title, said) in TOPICS.items():
        mine = [one for one in detections if one.topic is topic]
        parts.append(f"\n## {title}\n\n{said}\n\n{_table(mine)}")
    parts.append("\n## Each of them\n")
    parts += [_detection(one) for one in detections]
    return "".join(parts)


def tasks_page(tasks: Sequence[Task], policies: Sequence[TaskPolicy]) -> str:
    """What only root can do, and what sessions of AssumeRoot may do."""
    rows = "".join(
        f"| `{one.id}` | {one.title} | {_accounts(one)} | {AVOIDED[one.avoidable]} | "
        f"{f'`{one.task_policy}`' if one.task_policy else ''} |\n"
        for one in tasks
    )
    tasks_in_full = "".join(_task(one) for one in tasks)
    return _TASKS + rows + "\n## Their events\n" + tasks_in_full + _POLICIES + "".join(_policy(one) for one in policies)


def playbook_index(books: Sequence[Playbook], detections: Sequence[Detection]) -> str:
    """The list of playbooks, with the detections that lead to each."""
    rows = "".join(
        f"| [`{one.id}`]({one.id}.md) | {one.title} | {_leading(one, detections, '../detections.md#')} |\n"
        for one in books
    )
    return _PLAYBOOKS + rows + _PLAYBOOK_FILE


def playbook_page(book: Playbook, detections: Sequence[Detection]) -> str:
    """One playbook, its steps for each kind of account."""
    leading = _leading(book, detections, "../detections.md#")
    head = f"# `{book.id}`: {book.title}\n\n{book.when}\n\n**Harmless when:** {book.harmless}\n\n"
    parts = [f"{head}Detections: {leading}.\n"]
    for kind, name in KINDS.items():
        parts.append(f"\n## In {name}\n")
        numbered = enumerate(book.steps_for(kind), 1)
        for phase, steps in groupby(numbered, key=lambda pair: pair[1].phase):
            parts.append(f"\n**{PHASE_WORDS[phase]}**\n\n")
            parts += [_step(number, step) for number, step in steps]
    if book.references:
        parts.append("\n## References\n\n" + "".join(f"- <{link}>\n" for link in book.references))
    return "".join(parts)


def _table(detections: Iterable[Detection]) -> str:
    ordered = sorted(detections, key=lambda one: (-one.severity.rank, one.id))
    rows = "".join(
        f"| [`{one.id}`](#{one.id}) | {one.severity} | {one.title} | {_playbook(one.playbook)} |\n" for one in ordered
    )
    return f"| detection | severity | what happened | playbook |\n|---|---|---|---|\n{rows}"


def _playbook(name: str) -> str:
    return f"[`{name}`](playbooks/{name}.md)"


def _detection(one: Detection) -> str:
    attempts = "an attempt that is refused counts too" if one.failed else "only what succeeds counts"
    lines = [
        f"\n### {one.id}\n\n**{one.title}.** {_sentence(one.reason)}\n",
        f"- Of {WHOSE[one.who]}; {attempts}; severity {one.severity}.",
        *(f"- {line}" for line in in_words(one.pattern)),
        *(f"- Declare `{name}`: {each.describe}. Until then it sleeps." for name, each in one.settings.items()),
        f"- Harmless when: {one.false_positives}.",
        f"- Misses: {one.misses}.",
        f"- Doubtful: {one.doubtful}." if one.doubtful else "",
        f"- ATT&CK: {', '.join(one.attack)}." if one.attack else "",
        *(f"- <{link}>" for link in one.references),
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _task(one: Task) -> str:
    events = [*in_words(one.writes)] if one.names else ["no event is known"]
    doubt = [f"Doubtful: {one.doubtful}."] if one.doubtful else []
    return f"\n### {one.id}\n\n" + "".join(f"- {line}\n" for line in (*events, *doubt, f"<{one.source}>"))


def _policy(one: TaskPolicy) -> str:
    doubt = [f"Doubtful: {one.doubtful}."] if one.doubtful else []
    lines = (f"{one.title}.", *in_words(one.allows), *doubt, f"<{one.source}>")
    return f"\n### {one.id}\n\n" + "".join(f"- {line}\n" for line in lines)


def _accounts(one: Task) -> str:
    return ", ".join(one.accounts)


def _leading(book: Playbook, detections: Iterable[Detection], page: str) -> str:
    return ", ".join(f"[`{one.id}`]({page}{one.id})" for one in detections if one.playbook == book.id)


def _step(number: int, step: Step) -> str:
    lines = [f"{number}. {step.what}. *{_sentence(step.who)}*"]
    if step.command:
        lines.append(f"   - `{shlex.join(step.command)}`")
    return "\n".join([*lines, f"   - Why: {step.why}", f"   - It worked when: {step.check}"]) + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
