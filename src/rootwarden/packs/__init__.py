"""Content as data: rules, the schema of what they may ask, detections, root-only tasks, playbooks, guardrails.

Takes the name of a pack; gives its rules, and the schema, each file of the package read once, when it is needed.
Holds no judgement of its own: a rule is one file in the folder of its pack, an entity one file of its name in
`schema/`; both are listed by name order, so the same files always give the same pack.
Never reads anything outside the package.
"""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.packs.content import (
    advice,
    detections,
    escalation_paths,
    escalation_words,
    guardrails,
    playbooks,
    root_tasks,
    scenarios,
    task_policies,
    task_policy_actions,
)
from rootwarden.rules.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from rootwarden.rules.diagnostic import Code
    from rootwarden.rules.pages import Page
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.vocabulary import Meaning

__all__ = (
    "EVERY_PACK",
    "advice",
    "chosen",
    "detections",
    "escalation_paths",
    "escalation_words",
    "every_rule",
    "guardrails",
    "names",
    "pack",
    "pages",
    "playbooks",
    "root_pack",
    "root_tasks",
    "scenarios",
    "schema",
    "task_policies",
    "task_policy_actions",
    "vocabulary",
)

EVERY_PACK: Final = "all"
# In the order they are listed; `root` is the one that is meant when none is named.
_PACKS: Final = ("root", "iam", "password-policy", "logging", "monitoring")


@cache
def schema() -> Schema:
    """The shipped schema: every entity in `packs/schema/`, each read from `ENTITY.toml` when first asked for."""
    from rootwarden.packs.samples import SampleSets

    entries = sorted(_folder("schema"), key=lambda entry: entry.name)
    sources = {entry.name.removesuffix(".toml"): partial(entry.read_text, encoding="utf-8") for entry in entries}
    return Schema(sources, sample_sets=SampleSets())


def names() -> tuple[str, ...]:
    """The packs there are, the usual one first."""
    return tuple(name for name in _PACKS if files(__name__).joinpath(name).is_dir())


@cache
def pack(name: str) -> tuple[PostureRule, ...]:
    """The rules of one pack, in order of file name.

    Args:
        name: One of `names()`.

    Raises:
        UsageError: There is no such pack.
        InputError: A shipped file is not a rule, which the tests rule out.
    """
    from rootwarden.rules.rule_file import load_rule_file

    if name not in names():
        hint = f"there are {', '.join(names())}, and `{EVERY_PACK}` for them together"
        raise UsageError(f"there is no pack `{name}`", hint=hint)
    return tuple(load_rule_file(text, file=file) for file, text in _texts(name))


def chosen(wanted: Iterable[str]) -> tuple[PostureRule, ...]:
    """The rules of several packs, in the order of `names()`, each pack once; of none, those of the root pack.

    Args:
        wanted: Names of packs; `all` is every one.

    Raises:
        UsageError: There is no pack of that name.
    """
    asked = tuple(wanted) or names()[:1]
    for name in asked:
        if name != EVERY_PACK:
            pack(name)
    return tuple(rule for name in names() if name in asked or EVERY_PACK in asked for rule in pack(name))


def root_pack() -> tuple[PostureRule, ...]:
    """The shipped rules about the root user."""
    return pack("root")


def every_rule() -> tuple[PostureRule, ...]:
    """The rules of all packs."""
    return chosen((EVERY_PACK,))


def _texts(folder: str) -> list[tuple[str, str]]:
    """Name and content of every TOML file of one folder of this package."""
    entries = sorted(_folder(folder), key=lambda entry: entry.name)
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in entries]


def _folder(name: str) -> Iterator[Traversable]:
    """Every TOML file of one folder of this package."""
    return (entry for entry in files(__name__).joinpath(name).iterdir() if entry.name.endswith(".toml"))


@cache
def pages() -> Mapping[Code, Page]:
    """The page about every code a diagnostic can have."""
    from rootwarden.rules.pages import read_pages

    return read_pages(files("rootwarden.rules").joinpath("pages.toml").read_text(encoding="utf-8"))


@cache
def vocabulary() -> Mapping[str, Meaning]:
    """What each word of the rule language means."""
    from rootwarden.rules.vocabulary import read_vocabulary

    return read_vocabulary(files("rootwarden.rules").joinpath("vocabulary.toml").read_text(encoding="utf-8"))
