"""What the pages show is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rootwarden import packs
from rootwarden.rules.cases import run_cases
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import load_rule_file

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


PAGES = ("rule-language.md", "rule-files.md")
SENTENCES = [line for page in PAGES for block in blocks(page, "rule") for line in block.splitlines()]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_shown_is_a_rule(sentence: str) -> None:
    assert compile_rule(sentence, packs.schema()).entity


def test_the_rule_file_shown_passes_its_own_cases() -> None:
    (text,) = blocks("rule-files.md", "toml")
    results = run_cases(load_rule_file(text), packs.schema())

    assert [one.right for one in results] == [True, True]


def test_the_fixture_shown_can_be_read() -> None:
    (text,) = blocks("rule-files.md", "json")

    assert len(load_fixture(text, packs.schema())) == 1
