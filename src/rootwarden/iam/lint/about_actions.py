"""Actions: spelled as IAM reads them, and actions there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import Kind, quoted
from rootwarden.iam.wildcards import overlap

if TYPE_CHECKING:
    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.statement import Element, Text, View

# What a trust policy can be about: IAM user guide, *Role trust policies*.
_TRUST: Final = (
    *("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"),
    *("sts:setcontext", "sts:setsourceidentity", "sts:tagsession"),
)
_WILD: Final = frozenset("*?")


def check_actions(view: View, context: Context) -> None:
    """Note what is wrong with the actions of a statement."""
    if view.actions is None:
        return
    for text in view.actions.texts:
        _spelling(text, view.actions, context)
        if view.kind is Kind.TRUST and not _of_trust(text.text.lower()):
            said = f"{quoted(text.text)} is no way to assume a role"
            hint = "a trust policy is about `sts:AssumeRole`, the other `sts:AssumeRole…` and `sts:TagSession`"
            context.found.add(Code.TRUST_ACTION, text.place, said, hint)
    if view.kind is Kind.RCP:
        _of_rcp(view.actions, context)
    if view.actions.negated and view.allows:
        said = "`NotAction` with `Allow` grants every other action, those of services to come too"
        context.found.add(Code.NOT_ACTION_ALLOWED, view.actions.place, said, "list what is to be allowed as `Action`")


def is_everything(text: str) -> bool:
    """Whether a text means every action: `*`, more of them, or `*:*`."""
    return bool(text) and all(part and not part.strip("*") for part in text.split(":", 2)) and text.count(":") <= 1


def spelled(text: str) -> bool:
    """Whether a text is an action as evaluation reads it, whether or not there is one."""
    service, colon, name = text.partition(":")
    if is_everything(text):
        return True
    return bool(colon and name and service) and not (_blank(text) or "," in text or set(service) & _WILD)


def _spelling(text: Text, element: Element, context: Context) -> None:
    written, effect = text.text, "excepts nothing" if element.negated else "matches no action"
    service, colon, name = written.partition(":")
    if written == "*":
        return
    if is_everything(written):
        context.found.add(Code.ALL_SPELLED_OUT, text.place, f"{quoted(written)} means the same as `*`", "write `*`")
    elif _blank(written) or "," in written:
        said = f"{quoted(written)} has a blank or a comma in it, so it {effect}"
        context.found.add(Code.ACTION_SHAPE, text.place, said, "write each action as a text of its own, without blanks")
    elif not colon or not service or not name:
        said = f"{quoted(written)} is not `service:Action`, so it {effect}"
        context.found.add(Code.ACTION_SHAPE, text.place, said, _whole(written, context))
    elif set(service) & _WILD:
        said = f"{quoted(written)} has a wildcard in the service, so it {effect}"
        context.found.add(Code.SERVICE_WILDCARD, text.place, said, "name each service, or write `*` for all of them")
    else:
        _existence(text, effect, context)


def _whole(written: str, context: Context) -> str:
    if written.strip(":").lower() in context.knowledge.catalogue.services:
        return f"did you mean `{written.strip(':')}:*`?"
    return "name the service and the action, such as `iam:PassRole`"


def _existence(text: Text, effect: str, context: Context) -> None:
    catalogue, written = context.knowledge.catalogue, text.text
    service, _, name = written.partition(":")
    if catalogue.service(service) is None:
        near = catalogue.nearest_service(service) if context.suggests() else ""
        hint = f"did you mean `{near}:{name}`?" if near and len(name) < len(near) + 60 else _dated(context)
        context.found.add(
            Code.UNKNOWN_SERVICE, text.place, f"there is no service {quoted(service)}, so it {effect}", hint
        )
        return
    meaning = context.meaning(text)
    if meaning is None or meaning.actions:
        return
    if set(name) & _WILD:
        said = f"no action of `{service.lower()}` fits {quoted(written)}, so it {effect}"
        context.found.add(Code.NO_ACTION_FITS, text.place, said, _dated(context))
        return
    near = catalogue.nearest(written) if context.suggests() else ""
    hint = f"did you mean `{near}`?" if near else _dated(context)
    context.found.add(Code.UNKNOWN_ACTION, text.place, f"there is no action {quoted(written)}, so it {effect}", hint)


def _dated(context: Context) -> str:
    return f"none in the catalogue {context.knowledge.catalogue.edition}; a newer one may know it"


def _of_trust(action: str) -> bool:
    return is_everything(action) or not spelled(action) or any(overlap(action, one) for one in _TRUST)


def _of_rcp(element: Element, context: Context) -> None:
    if element.negated:
        said = "a resource control policy has no `NotAction`"
        context.found.add(Code.RCP_ACTION, element.place, said, "list what is to be denied as `Action`")
        return
    services = context.knowledge.rcp_services
    for text in element.texts:
        service = text.text.lower().partition(":")[0]
        if is_everything(text.text):
            said = "a resource control policy of your own names services: `*` is for AWS's own"
            context.found.add(Code.RCP_ACTION, text.place, said, 'write `"s3:*"` and so on')
        elif spelled(text.text) and service not in services and context.knowledge.catalogue.service(service):
            said = f"resource control policies do not hold for `{service}`, so {quoted(text.text)} denies nothing"
            hint = "use a service control policy, or the resource's own policy"
            context.found.add(Code.RCP_SERVICE, text.place, said, hint)


def _blank(text: str) -> bool:
    return any(character.isspace() for character in text)
