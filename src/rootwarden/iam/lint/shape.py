"""The form of a document: elements, their types, what excludes what. Gives the statements that can be read.

Source: IAM user guide, *Grammar of the IAM JSON policy language*; Organizations user guide, *SCP syntax* and *RCP
syntax*.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import Kind, quoted
from rootwarden.iam.lint.nodes import Shape
from rootwarden.iam.lint.operators import nearest_operator, read_operator
from rootwarden.iam.lint.statement import Element, Test, Text, View, Who

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.lint.finding import Findings
    from rootwarden.iam.lint.nodes import Place

MOST_STATEMENTS: Final = 2_000
_DOCUMENT: Final = ("Version", "Id", "Statement")
_STATEMENT: Final = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)
_PRINCIPALS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
_VERSIONS: Final = ("2012-10-17", "2008-10-17")
# Where IAM itself keeps the document; other services take more letters, as `Enable IAM User Permissions` of a KMS key.
_STRICT_SIDS: Final = frozenset({Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION, Kind.TRUST})


class ShapeReader:
    """Reads one document and notes what is wrong with its form."""

    def __init__(self, kind: Kind, found: Findings) -> None:
        self._kind = kind
        self._found = found

    def statements(self, document: Place) -> tuple[View, ...]:
        """The statements of a document, the readable parts of each."""
        if document.node.shape is not Shape.OBJECT:
            self._found.add(Code.NO_POLICY, document, f"a policy is an object, this is {document.node.shape}")
            return ()
        self._names(document, _DOCUMENT, "a policy")
        self._version(document)
        listed = document.get("Statement")
        if listed is None or listed.node.shape not in {Shape.LIST, Shape.OBJECT} or not tuple(listed.listed()):
            self._found.add(Code.NO_STATEMENT, listed or document, "the policy has no statement")
            return ()
        places = tuple(listed.listed())
        if len(places) > MOST_STATEMENTS:
            said = f"{len(places):,} statements; the first {MOST_STATEMENTS:,} are looked at"
            self._found.add(Code.TOO_LARGE, listed, said)
        views = tuple(one for place in places[:MOST_STATEMENTS] if (one := self._statement(place)) is not None)
        self._sids(places[:MOST_STATEMENTS])
        return views

    def _version(self, document: Place) -> None:
        version = document.get("Version")
        if version is None:
            said = "there is no `Version`, so the language of 2008 counts"
            self._found.add(Code.NO_VERSION, document, said, 'add `"Version": "2012-10-17"`')
        elif version.node.shape is not Shape.TEXT:
            self._wrong_type(version, "Version", "a text")
        elif version.node.text not in _VERSIONS:
            said = f"{quoted(version.node.text)} is no version of the policy language"
            self._found.add(Code.UNKNOWN_VERSION, version, said, "write `2012-10-17`; it is not the day you write on")

    def _statement(self, place: Place) -> View | None:
        if place.node.shape is not Shape.OBJECT:
            self._found.add(Code.WRONG_TYPE, place, f"a statement is an object, this is {place.node.shape}")
            return None
        whole = self._names(place, _STATEMENT, "a statement")
        effect = self._effect(place)
        self._sid(place)
        self._excluded(place)
        actions = self._either(place, "Action")
        resources = self._either(place, "Resource")
        who = self._who(place)
        condition = place.get("Condition")
        tests = tuple(self._tests(condition)) if condition is not None else ()
        written = self._written(condition)
        self._required(place)
        return View(
            kind=self._kind,
            place=place,
            effect=effect,
            actions=actions,
            resources=resources,
            who=who,
            tests=tests,
            whole=whole and bool(effect) and actions is not None and len(tests) == written and _once(place),
        )

    def _names(self, place: Place, known: Iterable[str], what: str) -> bool:
        """Note names that are no elements, or stand twice; whether there were none."""
        seen: set[str] = set()
        right = True
        for member in place.node.members:
            at = place.named(member)
            if member.name not in known:
                right = False
                said = f"{quoted(member.name)} is no element of {what}"
                self._found.add(Code.UNKNOWN_ELEMENT, at, said, _meant(member.name, known))
            if member.name in seen:
                right = False
                said = f"{quoted(member.name)} stands twice; which of them counts nobody says"
                self._found.add(Code.NAME_TWICE, at, said, "leave one of them")
            seen.add(member.name)
        return right

    def _effect(self, place: Place) -> str:
        effect = place.get("Effect")
        if effect is not None and effect.node.shape is Shape.TEXT and effect.node.text in {"Allow", "Deny"}:
            return effect.node.text
        said = "the statement has no `Effect`"
        if effect is not None:
            said = f"`Effect` is {quoted(effect.node.text) if effect.node.text else effect.node.shape}"
        self._found.add(Code.NO_EFFECT, effect or place, said, "it is `Allow` or `Deny`, in these letters")
        return ""

    def _sid(self, place: Place) -> None:
        sid = place.get("Sid")
        if sid is None:
            return
        if sid.node.shape is not Shape.TEXT:
            self._wrong_type(sid, "Sid", "a text")
        elif self._kind in _STRICT_SIDS and sid.node.text and not _is_plain(sid.node.text):
            said = f"the `Sid` {quoted(sid.node.text)} has other characters than letters and digits"
            self._found.add(Code.SID_LETTERS, sid, said, "use A to Z, a to z and 0 to 9")

    def _sids(self, places: Iterable[Place]) -> None:
        seen: set[str] = set()
        for place in places:
            sid = place.get("Sid")
            if sid is None or sid.node.shape is not Shape.TEXT or not sid.node.text:
                continue
            if sid.node.text in seen:
                said = f"the `Sid` {quoted(sid.node.text)} stands in an earlier statement too"
                self._found.add(Code.SID_TWICE, sid, said, "give each statement its own, or none")
            seen.add(sid.node.text)

    def _excluded(self, place: Place) -> None:
        for name in ("Action", "Resource", "Principal"):
            second = place.get(f"Not{name}")
            if place.get(name) is not None and second is not None:
                said = f"the statement has both `{name}` and `Not{name}`"
                self._found.add(Code.BOTH_ELEMENTS, second, said, "make two statements of it")

    def _required(self, place: Place) -> None:
        has = {member.name for member in place.node.members}
        if not has & {"Action", "NotAction"}:
            self._found.add(Code.NO_ACTION, place, "the statement has neither `Action` nor `NotAction`")
        resources = has & {"Resource", "NotResource"}
        if self._kind is Kind.TRUST and resources:
            said = f"a trust policy has no `{min(resources)}`: the role it belongs to is the resource"
            self._found.add(Code.RESOURCE_IN_TRUST, place.get(min(resources)) or place, said, "take it out")
        # Some resource policies leave it out, as those of ECR repositories.
        if not resources and self._kind not in {Kind.TRUST, Kind.RESOURCE}:
            self._found.add(Code.NO_RESOURCE, place, "the statement has neither `Resource` nor `NotResource`")

    def _either(self, place: Place, name: str) -> Element | None:
        """`Action` or `NotAction`, and so on; nothing when there is none or not all of it can be read."""
        negated = place.get(name) is None
        at = place.get(f"Not{name}" if negated else name)
        if at is None:
            return None
        if not self._filled(at, f"Not{name}" if negated else name):
            return None
        texts = self._texts(at, f"Not{name}" if negated else name)
        return Element(texts, negated, at) if texts is not None else None

    def _filled(self, place: Place, name: str) -> bool:
        empty = place.node.shape in {Shape.LIST, Shape.OBJECT} and not place.node.items and not place.node.members
        if empty:
            self._found.add(Code.EMPTY_LIST, place, f"`{name}` is empty, so nothing fits it")
        return not empty

    def _texts(self, place: Place, name: str) -> tuple[Text, ...] | None:
        wrong = [one for one in place.listed() if one.node.shape is not Shape.TEXT]
        for one in wrong:
            self._wrong_type(one, name, "a text or a list of texts")
        return None if wrong else tuple(Text(one.node.text, one) for one in place.listed())

    def _wrong_type(self, place: Place, name: str, wanted: str) -> None:
        self._found.add(Code.WRONG_TYPE, place, f"`{name}` is {wanted}, this is {place.node.shape}")

    def _who(self, place: Place) -> Who | None:
        negated = place.get("Principal") is None
        name = "NotPrincipal" if negated else "Principal"
        at = place.get(name)
        if at is None:
            if self._kind.names_principals:
                said = f"a statement of a {_WORDS[self._kind]} without `Principal` is about nobody"
                self._found.add(Code.NO_PRINCIPAL, place, said, 'name whom it is about, or `"*"`')
            return None
        if not self._kind.names_principals:
            said = f"a {_WORDS[self._kind]} has no `{name}`: it is about whoever it is attached to"
            self._found.add(Code.PRINCIPAL_HERE, at, said, "take it out, or lint it as another `--kind`")
            return None
        if at.node.shape is Shape.TEXT and at.node.text == "*":
            return Who((("*", Text("*", at)),), negated, at)
        if at.node.shape is not Shape.OBJECT:
            hint = 'write `{"AWS": …}`, `{"Service": …}`, `{"Federated": …}` or `"*"`'
            self._found.add(Code.PRINCIPAL_SHAPE, at, f"`{name}` is {_shown(at)}", hint)
            return None
        return self._named(at, name, negated=negated) if self._filled(at, name) else None

    def _named(self, at: Place, name: str, *, negated: bool) -> Who | None:
        right = self._names(at, _PRINCIPALS, f"`{name}`")
        named: list[tuple[str, Text]] = []
        for member in at.node.members:
            if not self._filled(at.into(member), f"{name}.{member.name}"):
                right = False
                continue
            texts = self._texts(at.into(member), f"{name}.{member.name}") if member.name in _PRINCIPALS else None
            named += [(member.name, text) for text in texts or ()]
            right = right and texts is not None
        return Who(tuple(named), negated, at) if right else None

    def _tests(self, condition: Place) -> Iterator[Test]:
        if condition.node.shape is not Shape.OBJECT:
            self._wrong_type(condition, "Condition", "an object")
            return
        self._twice(condition)
        for member in condition.node.members:
            operator = read_operator(member.name)
            if operator is None:
                said = f"{quoted(member.name)} is no condition operator"
                near = nearest_operator(member.name)
                hint = f"did you mean `{near}`?" if near else "docs/iam-lint.md lists them"
                self._found.add(Code.UNKNOWN_OPERATOR, condition.named(member), said, hint)
                continue
            keys = condition.into(member)
            if keys.node.shape is not Shape.OBJECT:
                self._wrong_type(keys, member.name[:40], "an object of keys and values")
                continue
            self._twice(keys)
            for key in keys.node.members:
                values = self._values(keys.into(key))
                if values is not None:
                    yield Test(operator, Text(key.name, keys.named(key)), values)

    def _twice(self, place: Place) -> None:
        self._names(place, {member.name for member in place.node.members}, "a condition")

    def _values(self, place: Place) -> tuple[Text, ...] | None:
        if not self._filled(place, "Condition"):
            return None
        wrong = [one for one in place.listed() if not one.node.is_value]
        for one in wrong:
            self._wrong_type(one, "a value of a condition", "a text, a number or a truth value")
        return None if wrong else tuple(Text(one.node.text, one) for one in place.listed())

    @staticmethod
    def _written(condition: Place | None) -> int:
        """How many keys the condition has, readable or not; -1 when it is no condition at all."""
        if condition is None:
            return 0
        if condition.node.shape is not Shape.OBJECT:
            return -1
        return sum(max(1, len(member.value.members)) for member in condition.node.members)


_WORDS: Final = {
    Kind.IDENTITY: "policy of an identity",
    Kind.RESOURCE: "policy of a resource",
    Kind.TRUST: "trust policy",
    Kind.BOUNDARY: "permissions boundary",
    Kind.SESSION: "session policy",
    Kind.SCP: "service control policy",
    Kind.RCP: "resource control policy",
}


def _once(place: Place) -> bool:
    """Whether of each element and its `Not` there is one at most."""
    has = {member.name for member in place.node.members}
    return not any({name, f"Not{name}"} <= has for name in ("Action", "Resource", "Principal"))


def _shown(place: Place) -> str:
    return quoted(place.node.text) if place.node.text else str(place.node.shape)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _meant(name: str, known: Iterable[str]) -> str:
    """What an unknown name was probably meant to be, in words."""
    lowered = {one.lower(): one for one in known}
    near = get_close_matches(name[:40].lower(), lowered, n=1, cutoff=0.7)
    return f"did you mean `{lowered[near[0]]}`?" if near else f"there are {', '.join(f'`{one}`' for one in known)}"
