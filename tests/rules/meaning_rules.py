"""Random rules that ask by meaning: what statements allow and deny, what filter patterns catch; and facts for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.rules.typed_rules import TypedRules

if TYPE_CHECKING:
    from rootwarden.rules.schema import Attribute

# Entities, and where they have something to ask by meaning.
ENTITIES: Final = {
    "IAMPolicy": ("Permissions", "Statements"),
    "IAMRole": ("AssumeRolePolicy", "Statement"),
    "CloudWatchLogGroup": ("MetricFilters", "FilterPattern"),
}
ACTIONS: Final = ("*", "iam:*", "iam:CreateAccessKey", "IAM:createaccesskey", "s3:Get*", "s3:GetObject", "*:*")
RESOURCES: Final = ("*", "arn:aws:s3:::logs/*", "arn:aws:s3:::logs/a", "arn:aws:iam::000000000000:root")
SETS: Final = ("root-usage", "iam-policy-changes")
PATTERNS: Final = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    '{ $.userIdentity.type = "Root" }',
    "{ ($.eventName = PutRolePolicy) || ($.eventName = AttachRolePolicy) }",
    '{ $.eventName = "*" }',
    "root",
    "{ broken",
    "",
)
# Texts by the end of the path of the attribute they are for.
TEXTS: Final = {
    "Action.value": ACTIONS,
    "NotAction.value": ACTIONS,
    "Resource.value": RESOURCES,
    "NotResource.value": RESOURCES,
    "Conditions.Condition": ("StringEquals", "ArnLike", "StringNotLike", "Bool"),
    "Conditions.Name": ("aws:PrincipalArn", "aws:AssumedRoot", "aws:SourceIp"),
    "Conditions.Value": ("arn:*:iam::*:root", "true", "false", "10.0.0.0/8"),
    "FilterPattern": PATTERNS,
}


class MeaningRules(TypedRules):
    """As `TypedRules`, with `allows`, `denies` and `catches` wherever the schema has something to ask them of."""

    def leaf(self, place: str, depth: int) -> str:
        if place or self.random.random() < 0.3:
            return super().leaf(place, depth)
        outer, inner = ENTITIES[self.entity]
        holder = self.read(self.children("")[outer])
        asked = self.read(self.children(outer)[inner])
        if asked.is_list:
            return self.of_records(f"{outer} . {inner}", asked, depth)
        return f"{self.quantifier()} {outer} with [ {inner} {self.of_string(holder.path, asked)} ]".lstrip()

    def of_records(self, name: str, attribute: Attribute, depth: int) -> str:
        if not {"Effect", "Action"} <= set(self.children(attribute.path)) or self.random.random() < 0.1:
            return super().of_records(name, attribute, depth)
        self.read_below(attribute)
        pick = self.random.choice
        resource = pick(("", f', "{pick(RESOURCES)}"'))
        root = pick(("", " for root"))
        verb = pick(("allows", "denies")) if not root else "denies"
        return f'{name} {verb} ( "{pick(ACTIONS[:-1])}"{resource} ){root}'

    def of_string(self, place: str, attribute: Attribute) -> str:
        if attribute.path.endswith("FilterPattern") and self.random.random() < 0.9:
            return f'catches ( "{self.random.choice(SETS)}" )'
        return super().of_string(place, attribute)

    def read_below(self, attribute: Attribute) -> None:
        """Everything below is read."""
        for one in self.children(attribute.path).values():
            self.read_below(self.read(one))

    def value(self, attribute: Attribute) -> Any:
        texts = _texts(attribute)
        return self.random.choice(texts) if texts and not attribute.is_list else super().value(attribute)

    def known_element(self, attribute: Attribute) -> Any:
        texts = _texts(attribute)
        return self.random.choice(texts) if texts else super().known_element(attribute)

    def element(self, attribute: Attribute) -> Any:
        return self.unknown() if self.random.random() < 0.05 else self.known_element(attribute)


def _texts(attribute: Attribute) -> tuple[str, ...]:
    return next((texts for end, texts in TEXTS.items() if attribute.path.endswith(end)), ())
