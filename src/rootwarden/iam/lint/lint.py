"""A document and the kind of policy it is to be; every finding about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.about_actions import check_actions
from rootwarden.iam.lint.about_conditions import check_conditions
from rootwarden.iam.lint.about_document import check_length, check_variables
from rootwarden.iam.lint.about_principals import check_principals
from rootwarden.iam.lint.about_resources import check_resources
from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.context import Context
from rootwarden.iam.lint.finding import Findings
from rootwarden.iam.lint.json_reader import NotJsonError, read_json
from rootwarden.iam.lint.nodes import DEEPEST, Node, Place, Shape, Span, TooDeepError, tree
from rootwarden.iam.lint.reach import check_needless, check_never
from rootwarden.iam.lint.shape import ShapeReader
from rootwarden.iam.lint.traps import check_traps

if TYPE_CHECKING:
    from rootwarden.iam.lint.finding import Finding, Kind
    from rootwarden.iam.lint.knowledge import Knowledge

# Far above every limit of AWS; what is larger is no policy.
LARGEST: Final = 256 * 1024


def lint_text(text: str, kind: Kind, knowledge: Knowledge) -> tuple[Finding, ...]:
    """Look at a document as it was written.

    Args:
        text: JSON, or what should be.
        kind: What kind of policy it is to be.
        knowledge: What it is compared with.

    Returns:
        The findings with their places in the text, in order of place; none when there is nothing to say.
    """
    whole = Place(Node(Shape.OTHER), span=Span(0, 0))
    found = Findings()
    if len(text) > LARGEST:
        found.add(Code.TOO_LARGE, whole, f"larger than {LARGEST >> 10} KiB", "no policy of AWS is a tenth as large")
        return found.sorted()
    try:
        node = read_json(text)
    except NotJsonError as error:
        at = min(error.at, len(text))
        place = Place(whole.node, span=Span(at, min(at + 1, len(text))))
        found.add(Code.NOT_JSON, place, f"it is not JSON: {error.message}", "nothing behind this place was looked at")
        return found.sorted()
    except TooDeepError:
        found.add(Code.TOO_DEEP, whole, f"it nests more than {DEEPEST} levels deep")
        return found.sorted()
    return _lint(node, text, kind, knowledge, found)


def lint_value(value: object, kind: Kind, knowledge: Knowledge) -> tuple[Finding, ...]:
    """Look at a document that is decoded already; findings have JSON pointers and no places in a text.

    Names that stood twice in the text cannot be seen any more.
    """
    found = Findings()
    try:
        node = tree(value)
    except TooDeepError:
        whole = Place(Node(Shape.OTHER))
        found.add(Code.TOO_DEEP, whole, f"it nests more than {DEEPEST} levels deep")
        return found.sorted()
    return _lint(node, None, kind, knowledge, found)


def _lint(node: Node, text: str | None, kind: Kind, knowledge: Knowledge, found: Findings) -> tuple[Finding, ...]:
    document = Place(node, (), _first_line(node, text))
    context = Context(knowledge, found, document)
    views = ShapeReader(kind, found).statements(document)
    if node.shape is Shape.OBJECT:
        check_length(document, text, kind, context)
        check_variables(document, views, context)
    for view in views:
        check_principals(view, context)
        check_actions(view, context)
        check_resources(view, context)
        check_conditions(view, context)
        check_traps(view, context)
        check_never(view, context)
    check_needless(views, context)
    return found.sorted()


def _first_line(node: Node, text: str | None) -> Span | None:
    """What stands for the whole document: its opening brace."""
    if node.span is None or text is None:
        return None
    return Span(node.span.start, min(node.span.start + 1, node.span.end))
