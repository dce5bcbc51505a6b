"""Which records a reader looks for: what root does, in any of its shapes, and what others do to become root.

Everything else in a log is nobody's business here, and nearly all of it can be left undecoded: a record that is wanted
always holds one of `literals()` as a whole JSON text, the word Root in some letter case, or an ARN ending `:root`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.detection import Topic, Who
from rootwarden.detect.visits.pattern_table import calls
from rootwarden.iam.usage.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.filter_pattern import Value
    from rootwarden.detect.visits.detection import Detection

ROOT: Final = "root"
ROOT_ARN: Final = ":root"


class Calls(msgspec.Struct, frozen=True):
    """Events that are wanted whoever made them.

    Attributes:
        names: Any of these `eventName`s,
        sources: from any of these `eventSource`s; from every one, when there are none.
    """

    names: frozenset[str]
    sources: frozenset[str] = frozenset()

    def hold(self, name: Value, source: Value) -> bool:
        """Whether an event is one of them."""
        return name in self.names and (not self.sources or source in self.sources)


# Read whatever the packs ask: sessions of AssumeRoot are joined to the call, recoveries to the sign-in after them.
ALWAYS: Final = frozenset(
    {
        Calls(frozenset({"AssumeRoot"})),
        Calls(
            frozenset({"PasswordRecoveryRequested", "PasswordRecoveryCompleted"}), frozenset({"signin.amazonaws.com"})
        ),
    }
)


class Interest(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for.

    Attributes:
        calls: What is wanted whoever did it.
        mentions: Texts (an ARN, an access key) that make a record wanted as a whole value anywhere in it.
        refusals: How calls that were refused are named, where those are wanted, whoever made them.
    """

    calls: frozenset[Calls] = ALWAYS
    mentions: frozenset[str] = frozenset()
    refusals: Refusals | None = None

    def literals(self) -> tuple[tuple[str, str], ...]:
        """Pairs of texts, sorted: a wanted record that is not root's holds both of one pair as whole texts.

        The second is empty where the first alone makes a record wanted.
        """
        calls = ((name, source) for each in self.calls for name in each.names for source in each.sources or {""})
        names = () if self.refusals is None else ("errorCode", "errorMessage")
        return tuple(sorted({*calls, *((text, "") for text in (*self.mentions, *names))}))

    def wants(self, document: Document) -> bool:
        """Whether a record is wanted.

        Args:
            document: The record as JSON has it.
        """
        name, source = document.get("eventName"), document.get("eventSource")
        named = isinstance(name, str) and (source is None or isinstance(source, str))
        return (
            is_root(document)
            or (named and any(each.hold(name, source) for each in self.calls))
            or (bool(self.mentions) and any(text in self.mentions for text in _texts(document)))
            or (self.refusals is not None and _refused(document, self.refusals))
        )


def _refused(document: Document, refusals: Refusals) -> bool:
    code, message = document.get("errorCode"), document.get("errorMessage")
    return refusals.refused(code if isinstance(code, str) else "", message if isinstance(message, str) else "")


def interest_of(detections: Iterable[Detection], *, mentions: Iterable[str] = ()) -> Interest:
    """What detections need read beside root's own events.

    The stages of denial of wallet are not among it: they matter for root, and for identities root made, which a second
    reading looks for by their ARN and keys.

    Args:
        detections: Of the packs.
        mentions: Texts that are wanted anywhere.
    """
    wanted = {call for each in detections if _of_others(each) for call in _calls(each)}
    return Interest(calls=ALWAYS | wanted, mentions=frozenset(mentions))


def _of_others(detection: Detection) -> bool:
    """Whether it means somebody's way to root; one about what the user declares is found by that (`mentions`)."""
    return detection.topic is Topic.TOWARD_ROOT and detection.who is not Who.ROOT and not detection.settings


def _calls(detection: Detection) -> Iterator[Calls]:
    """What a detection can mean, each name with its own sources; from any where the pattern leaves them open."""
    pairs = set(calls(detection.pattern.fields))
    for name in detection.names:
        yield Calls(frozenset({name}), frozenset(source for source, other in pairs if other == name))


def is_root(document: Document) -> bool:
    """Whether the identity is root: by type, by the issuer of its session, or by its ARN."""
    identity = document.get("userIdentity")
    if not isinstance(identity, dict):
        return False
    arn = identity.get("arn")
    return _says_root(identity.get("type")) or _issued_by_root(identity) or (isinstance(arn, str) and _root_arn(arn))


def _issued_by_root(identity: Document) -> bool:
    session = identity.get("sessionContext")
    issuer = session.get("sessionIssuer") if isinstance(session, dict) else None
    return isinstance(issuer, dict) and _says_root(issuer.get("type"))


def _says_root(value: Value) -> bool:
    return isinstance(value, str) and value.lower() == ROOT


def _root_arn(arn: str) -> bool:
    return arn.lower().endswith(ROOT_ARN)


def _texts(document: Document) -> Iterator[str]:
    """Every text value, at any depth."""
    waiting: list[Value] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
