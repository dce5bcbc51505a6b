"""Resources: spelled as ARNs, and such as an action of the statement takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.about_actions import is_everything, spelled
from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import quoted
from rootwarden.iam.wildcards import arns_overlap, overlap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.lint.context import Context, Meaning
    from rootwarden.iam.lint.statement import Element, Text, View

_PARTITIONS: Final = (
    *("aws", "aws-cn", "aws-us-gov", "aws-eusc"),
    *("aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"),
)
_PARTS: Final = 6
_DIGITS: Final = 12
_ACCOUNT: Final = "?" * _DIGITS
# What is longer is no ARN of this world, and not compared.
_LONGEST: Final = 2_048
_UNIT: Final = 32  # characters that take as long to compare as other things take once
_SHOWN: Final = 3


def check_resources(view: View, context: Context) -> None:
    """Note what is wrong with the resources of a statement."""
    if view.resources is None:
        return
    for text in view.resources.texts:
        _spelling(text, context)
    if view.resources.negated and view.allows:
        said = "`NotResource` with `Allow` grants on every other resource, those to come too"
        context.found.add(
            Code.NOT_RESOURCE_ALLOWED, view.resources.place, said, "list what is to be allowed as `Resource`"
        )
    if view.actions is not None and not view.actions.negated and not view.resources.negated:
        _fitting(view.actions, view.resources, context)


def _spelling(text: Text, context: Context) -> None:
    written = text.pattern
    if not written.strip("*") and written:
        return
    parts = written.split(":", _PARTS - 1)
    if parts[0] != "arn" or len(parts) < _PARTS:
        said = f"{quoted(text.text)} is neither `*` nor a whole ARN"
        hint = (
            "an ARN is `arn:partition:service:region:account:resource`, with nothing between `::` where there is none"
        )
        context.found.add(Code.NO_ARN, text.place, said, hint)
        return
    _, partition, _, _, account, _ = parts
    if not known_partition(partition):
        said = f"{quoted(partition)} is no partition"
        context.found.add(Code.UNKNOWN_PARTITION, text.place, said, f"there are {', '.join(_PARTITIONS)}")
    if not possible_account(account):
        said = f"{quoted(account)} is no account id, so the resource matches nothing"
        context.found.add(Code.NO_ACCOUNT, text.place, said, "an account id has twelve digits and no dashes")


def known_partition(partition: str) -> bool:
    """Whether it is a partition, or a pattern of one."""
    return len(partition) < _LONGEST and any(overlap(partition, one) for one in _PARTITIONS)


def possible_account(account: str) -> bool:
    """Whether a part of an ARN can be an account; words, which some ARNs of AWS have there, can."""
    digits = account.replace("-", "").replace("*", "").replace("?", "")
    if not digits.isdigit():
        return True
    return len(account) < _LONGEST and overlap(account, _ACCOUNT)


def _fitting(actions: Element, resources: Element, context: Context) -> None:
    """Note actions none of the resources is for, and resources none of the actions takes."""
    patterns = [(one, one.pattern) for one in resources.texts]
    if any(not pattern.strip("*") or len(pattern) > _LONGEST for _, pattern in patterns):
        return
    if any(is_everything(one.text) for one in actions.texts):
        return
    known: list[tuple[Text, Meaning]] = []
    for text in actions.texts:
        meaning = context.meaning(text) if spelled(text.text) else None
        if meaning is None or not meaning.actions or meaning.actions[0].service in context.knowledge.shared:
            return  # what is not known may take any resource
        known.append((text, meaning))
    length = sum(2 + len(pattern) // _UNIT for _, pattern in patterns)
    taken: set[str] = set()
    for text, meaning in known:
        if not context.may(len(meaning.arns) * length):
            return
        fits = {pattern for _, pattern in patterns if _takes(meaning.arns, pattern)}
        taken |= fits
        if not fits:
            _without(text, meaning, context)
    for text, pattern in patterns:
        if taken and pattern not in taken:
            said = f"by the reference, no action of the statement is about {quoted(text.text)}"
            hint = f"they take {_listed(arn for _, one in known for arn in one.arns)}"
            context.found.add(Code.RESOURCE_NOT_TAKEN, text.place, said, hint)


def _without(text: Text, meaning: Meaning, context: Context) -> None:
    said = f"by the reference, {quoted(text.text)} takes no resource of the statement, so it has no effect here"
    wanted = _listed(meaning.arns) if meaning.arns else "none: give it a statement with `*`"
    context.found.add(Code.ACTION_WITHOUT_RESOURCE, text.place, said, f"it takes {wanted}")


def _takes(arns: Iterable[str], pattern: str) -> bool:
    return any(_begin_alike(arn, pattern) and arns_overlap(arn, pattern) for arn in arns)


def _begin_alike(one: str, other: str) -> bool:
    """A quick look: whether the two agree up to the first wildcard of either."""
    ends = [place for text in (one, other) for mark in "*?" if (place := text.find(mark)) >= 0]
    length = min([len(one), len(other), *ends])
    return one[:length] == other[:length]


def _listed(arns: Iterable[str]) -> str:
    listed = sorted(set(arns))
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(f"`{one}`" for one in listed[:_SHOWN]) + more
