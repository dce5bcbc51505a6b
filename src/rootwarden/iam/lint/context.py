"""What the checks of one document share: the findings, what is known, and how much work may still be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.actions import Action
from rootwarden.iam.lint.codes import Code

if TYPE_CHECKING:
    from rootwarden.iam.lint.finding import Findings
    from rootwarden.iam.lint.knowledge import Knowledge
    from rootwarden.iam.lint.nodes import Place
    from rootwarden.iam.lint.statement import Text

# Comparisons of one document, each of a few microseconds. A policy of the largest size IAM takes needs a tenth.
WORK: Final = 1_000_000
_SUGGESTIONS: Final = 40


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What an action of a policy means by the catalogue.

    Attributes:
        actions: The actions; none when there is no such one.
        keys: Patterns, in lower case, of the keys of services their requests may have.
        arns: Patterns of the resources they take.
        bare: One of them takes no resource, so that only `*` fits.
    """

    actions: tuple[Action, ...]
    keys: frozenset[str]
    arns: frozenset[str]
    bare: bool


class Context:
    """Findings, knowledge and budget of one run over one document."""

    def __init__(self, knowledge: Knowledge, found: Findings, document: Place) -> None:
        self.knowledge = knowledge
        self.found = found
        self._document = document
        self._left = WORK
        self._suggestions = _SUGGESTIONS
        self._meanings: dict[str, Meaning] = {}

    def may(self, work: int) -> bool:
        """Whether there is budget for so many comparisons; when there is not, that is a finding."""
        if work > self._left:
            self._left = 0
            said = "the policy says too much to compare all of it"
            self.found.add(Code.TOO_LARGE, self._document, said, "split it, then lint the parts")
            return False
        self._left -= work
        return True

    def suggests(self) -> bool:
        """Whether to look for what a wrong name was meant to be: that is costly, and nobody reads hundreds."""
        self._suggestions -= 1
        return self._suggestions >= 0

    def meaning(self, text: Text) -> Meaning | None:
        """What an action means, or nothing when there is no budget to find out."""
        lowered = text.text.lower()
        found = self._meanings.get(lowered)
        if found is None:
            service = self.knowledge.catalogue.service(lowered.partition(":")[0])
            if not self.may(len(service.actions) if service is not None else 1):
                return None
            found = self._meanings[lowered] = self._meant(lowered)
        return found

    def _meant(self, lowered: str) -> Meaning:
        catalogue = self.knowledge.catalogue
        service = catalogue.service(lowered.partition(":")[0])
        if service is None:
            return Meaning(actions=(), keys=frozenset(), arns=frozenset(), bare=False)
        actions = catalogue.expand(lowered)
        types = {name.lower() for one in actions for name in one.resources}
        return Meaning(
            actions=actions,
            keys=frozenset[str]().union(*(service.keys_of(one) for one in actions)),
            arns=frozenset(
                pattern for name in types if name in service.resources for pattern in service.resources[name].patterns
            ),
            bare=any(not one.resources for one in actions),
        )
