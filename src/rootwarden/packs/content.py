"""Detections, root-only tasks, task policies, playbooks, ways up, guardrails: files beside this module, read late."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.advice.advice import Advice
    from rootwarden.advice.scenario import Scenario
    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.visits.detection import Detection, Task, TaskPolicy
    from rootwarden.detect.visits.playbook import Playbook
    from rootwarden.guardrails.content.guardrail import Guardrail
    from rootwarden.iam.escalation.path import EscalationPath
    from rootwarden.iam.escalation.words import Words


def detections(declared: Mapping[str, Iterable[str]] | None = None) -> tuple[Detection, ...]:
    """The shipped detections, in order of id.

    Args:
        declared: Values for settings by name, for example `{"password_stores": [secret ARNs]}`; a detection whose
            settings are not declared says so in `undeclared` and means nothing.

    Raises:
        InputError: A shipped file is no detection, which the tests rule out.
    """
    given = tuple(sorted((name, tuple(values)) for name, values in (declared or {}).items()))
    return _detections(given, example=False)


def detections_with_examples() -> tuple[Detection, ...]:
    """The shipped detections with the examples of their settings declared: what their cases are run with."""
    return _detections((), example=True)


@cache
def root_tasks() -> tuple[Task, ...]:
    """What only root can do, in order of id."""
    from rootwarden.detect.visits.task_file import read_task

    return tuple(read_task(text, file=file, callers=callers()) for file, text in texts("root-tasks"))


@cache
def task_policies() -> tuple[TaskPolicy, ...]:
    """What sessions of AssumeRoot may do, in order of name."""
    from rootwarden.detect.visits.task_file import read_task_policy

    return tuple(read_task_policy(text, file=file, callers=callers()) for file, text in texts("task-policies"))


class ConsoleSteps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people do at the console, because no call can.

    Attributes:
        title: As a headline.
        source: The page it comes from.
        why: Why nobody else can.
        steps: In order, each one sentence.
    """

    title: str
    source: str
    why: str
    steps: tuple[str, ...]


@cache
def root_keys_by_hand() -> ConsoleSteps:
    """The steps for the root user of a management or standalone account."""
    from rootwarden.strict_toml import FileKind, read_toml

    kind = FileKind("list of console steps", "docs/credentials.md")
    ((file, text),) = texts("console-steps")
    return read_toml(text, ConsoleSteps, kind, file=file)


@cache
def playbooks() -> tuple[Playbook, ...]:
    """What to do after a detection, in order of id."""
    from rootwarden.detect.visits.playbook_file import read_playbook, read_shared_steps

    shared = {
        name: step
        for file, text in texts("playbooks", "shared")
        for name, step in read_shared_steps(text, file=file).items()
    }
    return tuple(read_playbook(text, file=file, shared=shared) for file, text in texts("playbooks"))


@cache
def escalation_paths() -> tuple[EscalationPath, ...]:
    """The known ways from a few permissions to more, in order of id."""
    from rootwarden.iam.escalation.path_file import read_path

    requirements = escalation_words().requires
    return tuple(read_path(text, file=file, requirements=requirements) for file, text in texts("escalation"))


@cache
def escalation_words() -> Words:
    """What the words of escalation paths mean."""
    from rootwarden.iam.escalation.words import read_words

    ((file, text),) = texts("escalation", "shared")
    return read_words(text, file=file)


@cache
def guardrails() -> tuple[Guardrail, ...]:
    """What is to be barred, in order of id."""
    from rootwarden.guardrails.content.guardrail_file import read_guardrail

    return tuple(read_guardrail(text, file=file) for file, text in texts("guardrails"))


@cache
def advice() -> tuple[Advice, ...]:
    """What to switch on in AWS, in order of id."""
    from rootwarden.advice.advice_file import read_advice

    return tuple(read_advice(text, file=file) for file, text in texts("advice"))


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Ways root is abused or people are locked out, in order of id."""
    from rootwarden.advice.scenario_file import read_scenario

    return tuple(read_scenario(text, file=file) for file, text in texts("scenarios"))


def task_policy_actions() -> dict[str, tuple[str, ...]]:
    """The actions sessions of AssumeRoot are for, by task policy."""
    return {
        policy.id: tuple(dict.fromkeys(_action_of(case.record) for case in policy.cases if case.fits))
        for policy in task_policies()
    }


def _action_of(record: Document) -> str:
    action = f"{str(record['eventSource']).partition('.')[0]}:{record['eventName']}"
    # The one call of them whose action has another name (Service Authorization Reference, Amazon S3).
    return "s3:ListAllMyBuckets" if action == "s3:ListBuckets" else action


@cache
def callers() -> dict[str, Document]:
    """Ways of calling, by name: records with made-up identities that cases are laid over."""
    folder = files(__package__).joinpath("detections", "callers")
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")),
        key=lambda one: one.name.rpartition(".")[0],
    )
    return {entry.name.removesuffix(".json"): msgspec.json.decode(entry.read_bytes()) for entry in entries}


def texts(*folder: str) -> Iterator[tuple[str, str]]:
    """Name and content of every TOML file of one folder beside this module, in order of name."""
    entries = (entry for entry in files(__package__).joinpath(*folder).iterdir() if entry.name.endswith(".toml"))
    for entry in sorted(entries, key=lambda one: one.name.rpartition(".")[0]):
        yield entry.name, entry.read_text(encoding="utf-8")


@cache
def _detections(given: tuple[tuple[str, tuple[str, ...]], ...], *, example: bool) -> tuple[Detection, ...]:
    from rootwarden.detect.visits.detection_file import read_detection

    return tuple(
        read_detection(text, file=file, callers=callers(), declared=dict(given), example=example)
        for file, text in texts("detections")
    )
