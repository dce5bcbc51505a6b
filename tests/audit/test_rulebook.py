"""Choosing rules: which name a benchmark goes by."""

from __future__ import annotations

import pytest

from rootwarden.audit.rulebook import rulebook
from rootwarden.errors import UsageError
from rootwarden.packs import root_pack, schema


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("cis-4.0.1", "cis-4.0"),
        ("CIS-5.0", "cis-5.0"),
        ("5.0", "cis-5.0"),
        ("5.0.0", "cis-5.0"),
        ("1.2.0", "cis-1.2"),
        (" cis-7.0 ", "cis-7.0"),
        ("PCI-DSS-4.0.1", "pci-dss-4.0"),
        ("NIST-800-53-R5", "nist-800-53-r5"),
        ("", ""),
    ],
)
def test_spellings_of_a_benchmark(asked: str, meant: str) -> None:
    book = rulebook(root_pack(), schema(), benchmark=asked)
    plain = rulebook(root_pack(), schema(), benchmark=meant)
    assert book.benchmark == meant
    assert [rule.compiled.text for rule in book.rules] == [rule.compiled.text for rule in plain.rules]
    assert [card.controls for card in book.cards()] == [
        rule.controls for card in book.cards() for rule in root_pack() if rule.id == card.id
    ]


@pytest.mark.parametrize("asked", ["cis-9.9", "cis", "5", "cis-5", "5.0.0.0", "cis-cis-5.0", "."])
def test_no_benchmark_is_guessed(asked: str) -> None:
    with pytest.raises(UsageError, match="there is no benchmark") as raised:
        rulebook(root_pack(), schema(), benchmark=asked)
    assert "cis-5.0" in raised.value.hint
