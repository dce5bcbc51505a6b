"""Random rules that type-check, and random fixtures to ask them of, both drawn from the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.rules.grammar.sentences import RESERVED
from tests.rules.oracle import PUBLIC

from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from rootwarden.rules.schema import Attribute, Schema

DAY: Final = 86_400
STRINGS: Final = ("", "a", "ab", 'a"b', "B")
PATTERNS: Final = ("a", "^a", "b$", "(?i)b", "^$", "[ab]+", "zz")
PROTOCOLS: Final = ("-1", "tcp", "udp")
UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": DAY, "weeks": 7 * DAY}
ORDERS: Final = ("gt", "gte", "lt", "lte", ">", ">=", "<", "<=")
EQUALS: Final = ("eq", "neq", "=", "!=")
INS: Final = ("in", "notin", "not in")


def quoted(value: str) -> str:
    return '"' + value.replace('"', '\\"') + '"'


class TypedRules:
    """Draws rules about one entity. `now` is the as-of instant; dates are drawn near it."""

    def __init__(self, schema: Schema, entity: str, random: Random, now: int) -> None:
        self.schema, self.entity, self.random, self.now = schema, entity, random, now
        self.used: set[str] = set()
        self.dates = (0, now - 90_000, now - DAY, now - 3600, now, now + 60)

    # --- rules

    def rule(self) -> str:
        where = f"where {self.condition('', 2)} " if self.random.random() < 0.3 else ""
        negated = self.random.choice(("", "not "))
        return f"{self.entity} {where}should {negated}have {self.condition('', 3)}"

    def condition(self, place: str, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.4:
            return self.leaf(place, depth)
        first, second = self.condition(place, depth - 1), self.condition(place, depth - 1)
        return self.random.choice(
            (
                f"( {first} and {second} )",
                f"( {first} or {second} )",
                f"not ( {first} )",
                f"( not {self.leaf(place, 0)} )",
            )
        )

    def leaf(self, place: str, depth: int) -> str:
        name, attribute = self.attribute(place)
        tests = {
            AttributeType.BOOLEAN: self.of_boolean,
            AttributeType.STRING: self.of_string,
            AttributeType.NUMBER: self.of_number,
            AttributeType.DATE: self.of_date,
            AttributeType.IP: self.of_address,
        }
        if attribute.type in tests:
            return f"{name} {tests[attribute.type](place, attribute)}".rstrip()
        if self.children(attribute.path):
            return self.of_records(name, attribute, depth)
        return self.of_values(name) if attribute.is_list else name  # a record of which only the name is known

    def attribute(self, place: str, *, after_dot: bool = False) -> tuple[str, Attribute]:
        """A property below `place`, sometimes through records, as written and as the schema has it."""
        children = self.children(place)
        name = self.random.choice([one for one in children if after_dot or one.lower() not in RESERVED])
        attribute = self.read(children[name])
        if attribute.is_record and self.random.random() < 0.6 and self.children(attribute.path):
            below, attribute = self.attribute(attribute.path, after_dot=True)
            name = f"{name} . {below}"
        return name, attribute

    def read(self, attribute: Attribute) -> Attribute:
        """The attribute, remembered with what it is part of, so that fixtures have it."""
        holder, _, last = attribute.path.rpartition(".")
        if last in {"FromPort", "ToPort"} and "Protocol" in self.children(holder):
            self.read(self.children(holder)["Protocol"])  # which decides what the ports are
        parts = attribute.path.split(".")
        self.used.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
        return attribute

    def children(self, place: str) -> Mapping[str, Attribute]:
        return self.schema.children(self.entity, place)

    def like_it(self, place: str, attribute: Attribute) -> list[str]:
        """Up to two properties of the same record and type."""
        found = [one for name, one in self.children(place).items() if name.lower() not in RESERVED]
        alike = [one for one in found if one.type is attribute.type]
        return [self.read(one).path.rpartition(".")[2] for one in self.random.sample(alike, min(2, len(alike)))]

    def of_boolean(self, place: str, attribute: Attribute) -> str:
        value = self.random.choice(("true", "false", "True", *self.like_it(place, attribute)))
        return self.random.choice(
            ("", f"{self.random.choice(EQUALS)} {value}", f"{self.random.choice(INS)} ( {value} )")
        )

    def of_string(self, place: str, attribute: Attribute) -> str:
        texts = PROTOCOLS if attribute.path.endswith("Protocol") else attribute.values or STRINGS
        values = [quoted(one) for one in texts] + self.like_it(place, attribute)
        pick = self.random.choice
        return pick(
            (
                "",
                f"{pick(EQUALS)} {pick(values)}",
                f"{pick(('like', 'notlike', 'not like'))} {quoted(pick(PATTERNS))}",
                f"{pick(INS)} ( {pick(values)}, {pick(values)} )",
                f"len ( ) {self.number_test([])}",
            )
        )

    def of_number(self, place: str, attribute: Attribute) -> str:
        pick = self.random.choice
        others = self.like_it(place, attribute)
        if others and self.random.random() < 0.1:
            return f"to {pick(others)} overlaps ( {self.bounds()} )"
        if self.random.random() < 0.2:
            return f"divisibleby ( {pick((1, 2, 3))} ) {pick(('', 'eq true', 'neq true'))}"
        return self.number_test(others)

    def number_test(self, others: list[str]) -> str:
        pick = self.random.choice
        values = ["-1", "0", "1", "2", "1.5", "65535", *others]
        forms = [f"{pick((*EQUALS, *ORDERS))} {pick(values)}", f"{pick(INS)} ( {pick(values)}, {pick(values)} )"]
        forms.append("between {} and {}".format(*self.bounds().split(", ")))
        return pick(forms)

    def bounds(self) -> str:
        low = self.random.choice((-1, 0, 1))
        return f"{low}, {low + self.random.choice((0, 1, 2))}"

    def of_date(self, place: str, attribute: Attribute) -> str:
        pick = self.random.choice
        values = [str(one) for one in self.dates] + self.like_it(place, attribute)
        unit, size = pick(list(UNITS.items()))
        amount = pick((0, 1, 2, DAY // size))
        function = pick(("isLaterThan", "isEarlierThan"))
        forms = [
            f"{pick((*EQUALS, *ORDERS))} {pick(values)}",
            f"{pick(INS)} ( {pick(values)}, {pick(values)} )",
            f'{function} ( {pick(("", "-"))}{amount}, "{unit}" ) {pick(("", "eq true", "= false"))}',
        ]
        forms += ["never", f"within last {amount} {unit}", f"older than {amount} {unit.rstrip('s')}"]
        return pick(forms)

    def of_address(self, place: str, attribute: Attribute) -> str:
        pick = self.random.choice
        values = [pick((quoted(one), one if ":" not in one else quoted(one))) for one in PUBLIC]
        values += self.like_it(place, attribute)
        forms = [
            f"{pick(EQUALS)} {pick(values)}",
            f"{pick(INS)} ( {pick(values)}, {pick(values)} )",
            f"{pick(('isPublic', 'isPrivate'))} ( ) {pick(('', 'eq true', 'neq true'))}",
            f"numhosts ( ) {pick(ORDERS)} {pick((0, 1, 65_536))}",
        ]
        forms.append(f"overlaps ( {pick(values)}, {pick(values)} )")
        return pick(forms)

    def quantifier(self, *, bare: bool = False) -> str:
        pick = self.random.choice
        plain = ("atleast one", "any", "no") if bare else ("", "atleast one", "any", "every", "no")
        if self.random.random() < 0.5:
            return pick(plain)
        counts = [f"{kind} {number}" for kind in ("atleast", "atmost", "exactly") for number in ("one", 0, 1, 2, 3)]
        shares = [f"{kind} {share}%" for kind in ("atleast", "atmost") for share in (0, 33.3, 50, 66.7, 100)]
        return pick(counts if bare else counts + shares)

    def of_records(self, name: str, attribute: Attribute, depth: int) -> str:
        is_list = attribute.is_list
        if self.random.random() < 0.2:
            length = f"{name} len ( ) {self.number_test([])}"
            return self.random.choice((name, length, f"{self.quantifier(bare=True)} {name}" if is_list else name))
        scope = ""
        if is_list and self.random.random() < 0.3:
            scope = f"where ( {self.condition(attribute.path, depth - 2)} ) "
        word = self.random.choice(("with", "with", "contain"))
        inner = self.condition(attribute.path, depth - 1)
        return f"{self.quantifier()} {name} {scope}{word} [ {inner} ]".lstrip()

    def of_values(self, name: str) -> str:
        pick = self.random.choice
        values = [quoted(one) for one in STRINGS]
        return pick(
            (
                name,
                f"{name} has ( {pick(values)}, {pick(values)} )",
                f"{name} len ( ) {self.number_test([])}",
                f"{self.quantifier(bare=True)} {name}",
            )
        )

    def has_strings_and_records(self) -> bool:
        """Whether `opposites` and `holder` find something directly below the entity."""
        return bool(self._strings() and self._holders())

    def opposites(self) -> tuple[str, str, str, str]:
        """A property, an operator, its negation and an operand that suits both; strings, for they have all three."""
        name, attribute = self.random.choice(self._strings())
        self.read(attribute)
        value = quoted(self.random.choice(attribute.values or STRINGS))
        forms = (("eq", "neq", value), ("in", "notin", f"( {value} )"), ("like", "notlike", quoted("^a")))
        return (name, *self.random.choice(forms))

    def holder(self) -> tuple[str, Attribute]:
        """A list of records, or a record."""
        name, attribute = self.random.choice(self._holders())
        return name, self.read(attribute)

    def _strings(self) -> list[tuple[str, Attribute]]:
        return [one for one in self.children("").items() if one[1].type is AttributeType.STRING]

    def _holders(self) -> list[tuple[str, Attribute]]:
        children = self.children("")
        return [one for one in children.items() if self.children(one[1].path)]

    # --- facts

    def fixture(self) -> str:
        """One resource of the entity, as JSON: what was read so far; the rest is left out."""
        return json.dumps({self.entity: [self.record("")]})

    def record(self, place: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, attribute in self.children(place).items():
            if attribute.path not in self.used:
                continue
            drawn = self.random.random()
            if drawn < 0.08:
                continue
            made[name] = None if drawn < 0.15 else self.unknown() if drawn < 0.3 else self.value(attribute)
        return made

    def unknown(self) -> dict[str, str]:
        return {"$unknown": self.random.choice(("nobody looked", "iam:ListUsers denied"))}

    def value(self, attribute: Attribute) -> Any:
        plain: dict[AttributeType, tuple[Any, ...]] = {
            AttributeType.BOOLEAN: (True, False),
            AttributeType.STRING: attribute.values or STRINGS,
            AttributeType.NUMBER: (-1, 0, 1, 2, 3),
            AttributeType.DATE: self.dates,
            AttributeType.IP: (*PUBLIC, "nonsense"),
        }
        if attribute.path.endswith("Protocol") and attribute.type is AttributeType.STRING:
            return self.random.choice(PROTOCOLS)
        if attribute.type in plain:
            return self.random.choice(plain[attribute.type])
        if attribute.is_list:
            return [self.element(attribute) for _ in range(self.random.choice((0, 1, 1, 2, 2, 3)))]
        return self.record(attribute.path)

    def element(self, attribute: Attribute) -> Any:
        if self.random.random() < 0.15:
            return self.unknown()
        if self.children(attribute.path):
            return self.record(attribute.path)
        return self.random.choice(STRINGS)

    def known_element(self, attribute: Attribute) -> Any:
        if self.children(attribute.path):
            return self.record(attribute.path)
        return self.random.choice(STRINGS)
