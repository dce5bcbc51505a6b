"""Advice and scenarios as a whole: what they name is there, every cell has its reason, what is no file is refused."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from tests.docs.pages import DOCS, text

from rootwarden import packs
from rootwarden.advice.advice import Certainty
from rootwarden.advice.advice_file import read_advice
from rootwarden.advice.scenario_file import read_scenario
from rootwarden.audit.advising import advice_book
from rootwarden.errors import InputError
from rootwarden.facts.native_services import NativeService
from rootwarden.guardrails.content.filling import names_in
from rootwarden.packs.content import texts

if TYPE_CHECKING:
    from rootwarden.advice.scenario import Scenario
    from rootwarden.guardrails.content.guardrail import Guardrail

ADVICE = packs.advice()
SCENARIOS = packs.scenarios()
RULES = {one.id: one for one in packs.every_rule()}
GUARDRAILS = {one.id: one for one in packs.guardrails()}
CLAIMS = sorted({(one.id, by) for one in SCENARIOS for cell in one.both for by in cell.by})


@cache
def known_commands() -> frozenset[str]:
    # The page is made from the program; tests/docs holds the two together.
    every = re.findall(r"^## `(rootwarden .+)`$", text(DOCS / "command-line.md"), re.MULTILINE)
    return frozenset(one for one in every if not any(other.startswith(f"{one} ") for other in every))


def test_files_are_called_as_what_is_in_them() -> None:
    assert [name for name, _ in texts("advice")] == [f"{one.id}.toml" for one in ADVICE]
    assert [name for name, _ in texts("scenarios")] == [f"{one.id}.toml" for one in SCENARIOS]


def test_what_advice_names_is_there() -> None:
    ids = {one.id for one in ADVICE}
    for one in ADVICE:
        assert set(one.after) <= ids
        assert set(one.decided.rules) <= set(RULES)
        assert set(one.decided.guardrails) <= set(GUARDRAILS)
        for guardrail in one.decided.guardrails:
            assert not chosen_by_the_reader(GUARDRAILS[guardrail])
    for scenario in SCENARIOS:
        assert {need for cell in (*scenario.native, *scenario.both) for need in cell.needs} <= ids


def chosen_by_the_reader(guardrail: Guardrail) -> set[str]:
    """Values nobody but the reader knows that decide whether what must be denied is."""
    needed = {one.name for one in guardrail.parameters if one.needed}
    denied = [one.ask for one in guardrail.asks if one.ask.denied]
    texts_of = [
        (ask.principal, ask.action, ask.resource, *(v for _, held in ask.context for v in held)) for ask in denied
    ]
    return needed & {name for each in texts_of for one in each for name in names_in(one)}


def test_nothing_comes_after_itself() -> None:
    after = {one.id: one.after for one in ADVICE}

    def before(name: str, seen: tuple[str, ...]) -> None:
        assert name not in seen
        for each in after[name]:
            before(each, (*seen, name))

    for name in after:
        before(name, ())


def test_every_sentence_and_every_rule_is_ready_to_judge() -> None:
    own = [one for one in ADVICE if one.decided.check]
    book = advice_book(ADVICE)
    assert {f"advice-{one.id}" for one in own} <= {rule.rule.id for rule in book.rules}
    assert {rule for one in ADVICE for rule in one.decided.rules} <= {rule.rule.id for rule in book.rules}


def test_commands_named_exist() -> None:
    named = {step.command for one in ADVICE for step in one.how if step.command.startswith("rootwarden ")}
    claimed = {f"rootwarden {by.partition(':')[2]}" for _, by in CLAIMS if by.startswith("command:")}
    for command in named | claimed:
        assert any(command == known or command.startswith(f"{known} ") for known in known_commands())


def test_sources_that_are_our_pages_exist() -> None:
    for scenario in SCENARIOS:
        for cell in (*scenario.native, *scenario.both):
            for page in re.findall(r"docs/([a-z0-9./-]+\.md)", cell.source):
                assert (DOCS / page).exists(), page


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.id)
def test_with_rootwarden_is_never_worse_and_a_better_outcome_says_by_what(scenario: Scenario) -> None:
    assert scenario.both[0].outcome.rank >= scenario.native[0].outcome.rank
    assert scenario.both[-1].outcome.rank >= scenario.native[-1].outcome.rank
    native = {(cell.outcome, cell.needs) for cell in scenario.native}
    for cell in scenario.both:
        if cell.outcome != "not-seen" and (cell.outcome, cell.needs) not in native:
            assert cell.by, cell.because


(GOOD_ADVICE,) = (held for name, held in texts("advice") if name == "root-sessions.toml")
(GOOD_CHECK,) = (held for name, held in texts("advice") if name == "all-features.toml")
(GOOD_SERVICE,) = (held for name, held in texts("advice") if name == "guardduty.toml")
(GOOD_SCENARIO,) = (held for name, held in texts("scenarios") if name == "one-person-alone.toml")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('id = "root-sessions"', 'id = "Root"', "not lower-case words"),
        ('id = "root-sessions"', 'id = "other"', "not its file's name"),
        ('price = "free"', 'price = "cheap"', "invalid enum value"),
        ('as_of = "2026-11-22"', 'as_of = "soon"', "`as_of` `soon` is not a day"),
        ('as_of = "2026-11-22"\ncertainty', 'as_of = "soon"\ncertainty', "`cost.as_of` `soon` is not a day"),
        ('certainty = "documented"', 'certainty = "known"', "from memory"),
        ('certainty = "known"', 'certainty = "documented"', "`cost.source` has to say where"),
        ('says = "No charge', 'says = "About $3 a month. No charge', "names a sum"),
        ('says = "No charge', 'says = "40 cents. No charge', "names a sum"),
        ('rules = ["root-sessions"]', "rules = []", "nothing decides it"),
        ('rules = ["root-sessions"]', 'rules = ["root-sessions"]\nguardrails = ["x"]', "more than one of"),
        ('rules = ["root-sessions"]', 'rules = ["root-sessions"]\nfails = "x"', "goes with"),
        ('after = ["iam-trusted-access"]', 'after = ["root-sessions"]', "after itself"),
        ('title = "', 'titel = "', "unknown key `titel`"),
        ('"https://docs', '"ftp://docs', "is no page"),
        ('text = "Switch it on"', 'text = ""', "says nothing"),
    ],
)
def test_advice_that_is_none_is_refused(before: str, after: str, said: str) -> None:
    assert before in GOOD_ADVICE
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        read_advice(GOOD_ADVICE.replace(before, after, 1), file="root-sessions.toml")
    assert caught.value.hint == "docs/adding-advice.md lists every key"


def test_a_service_that_decides_says_where_to_look() -> None:
    services = [one for one in ADVICE if one.decided.service]
    assert {one.decided.service for one in services} == set(NativeService)
    for one in services:
        assert one.decided.look.startswith("aws "), one.id
    blind = "\n".join(line for line in GOOD_SERVICE.splitlines() if not line.startswith("look = "))
    with pytest.raises(InputError, match=re.escape("`decided.service` goes with `decided.look`")):
        read_advice(blind, file="guardduty.toml")
    twice = GOOD_SERVICE.replace("[decided]", '[decided]\nrules = ["root-mfa"]')
    with pytest.raises(InputError, match="more than one of"):
        read_advice(twice, file="guardduty.toml")


def test_what_nobody_has_a_source_for_says_so() -> None:
    for one in ADVICE:
        for told in (one, one.cost):
            assert bool(told.source) is (told.certainty is Certainty.DOCUMENTED), one.id
    assert any(one.certainty is Certainty.KNOWN for one in ADVICE)


def test_a_sentence_says_what_its_failure_means() -> None:
    changed = "\n".join(line for line in GOOD_CHECK.splitlines() if not line.startswith("fails"))
    with pytest.raises(InputError, match="goes with"):
        read_advice(changed, file="all-features.toml")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('kind = "abuse"', 'kind = "fun"', "invalid enum value"),
        ('id = "one-person-alone"', 'id = "another"', "not its file's name"),
        ('by = ["command:breakglass request"]', 'by = ["magic:x"]', "nothing of Rootwarden"),
        ('outcome = "not-seen"', 'outcome = "not-seen"\nneeds = ["root-mfa"]', "it needs nothing"),
        ('needs = ["member-root-credentials-removed"]\n', "", "no later one counts"),
        ('outcome = "detected"', 'outcome = "not-seen"', ""),
    ],
)
def test_scenarios_that_are_none_are_refused(before: str, after: str, said: str) -> None:
    assert before in GOOD_SCENARIO
    changed = GOOD_SCENARIO.replace(before, after, 1)
    if not said:
        changed, said = changed.replace('outcome = "not-seen"\nbecause', 'outcome = "detected"\nbecause'), "best first"
    with pytest.raises(InputError, match=re.escape(said)):
        read_scenario(changed, file="one-person-alone.toml")
