"""The page about the ways up, made from the pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.escalation.path import Actor, Category, Gain, TargetKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rootwarden.iam.escalation.path import EscalationPath, Permission, Target
    from rootwarden.iam.escalation.words import Words

CATEGORIES = {
    Category.SELF: ("Changing one's own permissions", "What the actor may do is rewritten, or what held it back goes."),
    Category.PRINCIPAL: ("Becoming somebody else", "Another user or role of the account, or a new one."),
    Category.NEW_PASSROLE: (
        "Passing a role to something new",
        "A service runs the actor's code as a role that trusts the service and that the actor may pass.",
    ),
    Category.EXISTING_PASSROLE: (
        "Taking over something that has a role",
        "Policies do not show which resource has which role: without an inventory such a way is conditional.",
    ),
    Category.ROOT: (
        "To root itself, or past what guards it",
        "From the management account or a delegated administrator, mostly. No public list we know has these.",
    ),
}
ACTORS = {Actor.ANY: "any", Actor.USER: "users", Actor.ROLE: "roles", Actor.OUTSIDER: "outsiders"}
GAINS = {
    Gain.TARGET: "the permissions of the target",
    Gain.REWRITES_SELF: "policies of its own that say what it wants",
    Gain.REWRITES_TARGET: "the target, with policies that say what it wants",
    Gain.UNBLOCKS_SELF: "what was held back so far; the rest is evaluated again",
    Gain.UNBLOCKS_TARGET: "the target without what held it back; the rest is evaluated again",
    Gain.NEW_PRINCIPAL: "a principal of its own making, with any policies",
    Gain.ROOT: "root of the account",
}
KINDS = {
    TargetKind.ROLE: "a role",
    TargetKind.USER: "a user",
    TargetKind.GROUP: "a group",
    TargetKind.POLICY: "a policy",
    TargetKind.PERMISSION_SET: "a permission set",
    TargetKind.ACCOUNT: "an account",
}
_INTRO = """\
# The ways up

Permissions that together give more than they say. Each way is one file in `src/rootwarden/packs/escalation/`, with
ids of our own; this page is made from the files, and [adding one](adding-an-escalation-path.md) takes no code.

A way is more than a set of actions: what it is used on has to be there (a role that trusts the service, a user with
fewer than two keys, a policy that is attached), and every permission has to hold for that target and with the
condition keys the request carries. *Who*: users and roles differ where a principal does something to itself. What
stands under *Requires* no policy shows: until it is known, the way is conditional. *Assumes* is taken to be there,
since it nearly always is. Whether somebody gains more than they had is decided by evaluating policies again, not by
this list. What somebody does to itself may be done to it by another too,
[with both in hand](iam-admins.md#two-in-hand). *Doubtful* marks what is not sure; nothing here was tried on real AWS
by us.

*Listed as* names ids of pathfinding.cloud, which change over time, and other public lists that name the same actions.
"""


def escalation_page(paths: Sequence[EscalationPath], words: Words) -> str:
    """All paths: a table for each category, then each in full, then the words."""
    parts = [_INTRO]
    for category, (title, said) in CATEGORIES.items():
        mine = [path for path in paths if path.category is category]
        rows = "".join(_row(path) for path in mine)
        parts.append(f"\n## {title}\n\n{said}\n\n| way | what | who | permissions |\n|---|---|---|---|\n{rows}")
    parts.append("\n## Each of them\n")
    parts += [_path(path, words) for path in paths]
    parts.append("\n## The words\n\n")
    parts.append("What is evaluated (`where`):\n\n" + _words(words.where))
    parts.append("\nWhat no policy shows (`requires`, `assumes`):\n\n" + _words(words.requires))
    parts.append("\nWhat stands in braces in a resource:\n\n" + _words(words.template))
    return "".join(parts)


def _row(path: EscalationPath) -> str:
    actions = " + ".join(f"`{action}`" for action in path.actions)
    gone = f" (gone since {path.ended})" if path.ended else ""
    return f"| [`{path.id}`](#{path.id}) | {path.title}{gone} | {ACTORS[path.actor]} | {actions} |\n"


def _path(path: EscalationPath, words: Words) -> str:
    lines = [f"\n### {path.id}\n", f"- {path.title}: gains {GAINS[path.gain]}."]
    lines += [f"- {_permission(one)}" for one in path.permissions]
    if path.target.kind is not TargetKind.NONE:
        lines.append(f"- `{{target}}`: {_target(path.target, words)}")
    if path.also:
        lines.append(f"- `{{also}}`: {_target(path.also, words)}")
    if path.policies:
        lines.append(f"- `{{policy}}`: a policy; {_together(path.policies, words.where)}.")
    if path.existing:
        lines.append(f"- `{{existing}}`: `{path.existing.type}`, whose role is the target.")
    if path.target.kind is TargetKind.NONE and path.target.where:
        lines.append(f"- Where {_together(path.target.where, words.where)}.")
    lines += [f"- Requires: {words.requires[word]}." for word in path.requires]
    lines += [f"- Assumes: {words.requires[word]}." for word in path.assumes]
    lines.append(f"- To end it: {path.remedy} A deny of {_either(path.stops)} is enough.")
    if path.another:
        lines.append(f"- Taken by another, with both in hand: {path.another.title}. To end that: {path.another.remedy}")
    lines += [f"- Note: {path.notes}"] if path.notes else []
    lines += [f"- Doubtful: {path.doubtful}."] if path.doubtful else []
    lines += [f"- The service ended on {path.ended}: it is listed, and never found."] if path.ended else []
    named = [f"`{listed}`" for listed in path.catalogue.pathfinding] + [str(each) for each in path.catalogue.lists]
    lines += [f"- Listed as: {', '.join(named)}."] if named else []
    return "\n".join(lines) + "\n"


def _permission(one: Permission) -> str:
    keys = [
        f"`{key.key}` {' or '.join(f'`{value}`' for value in key.values)}" if key.values else f"no `{key.key}`"
        for key in one.context
    ]
    return f"`{one.action}` on `{one.resource}`" + (f", with {', '.join(keys)}" if keys else "")


def _target(target: Target, words: Words) -> str:
    said = [f"it trusts {_either(target.trusts)}"] if target.trusts else []
    said += [words.where[word] for word in target.where]
    return f"{KINDS[target.kind]}{'; ' if said else ''}{'; '.join(said)}."


def _together(listed: Iterable[str], meanings: Mapping[str, str]) -> str:
    return "; ".join(meanings[word] for word in listed)


def _either(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _words(meanings: Mapping[str, str]) -> str:
    return "| word | what it means |\n|---|---|\n" + "".join(
        f"| `{word}` | {said} |\n" for word, said in meanings.items()
    )
