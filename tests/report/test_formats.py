"""What all formats share."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.report import samples

import rootwarden.report
from rootwarden.errors import UsageError
from rootwarden.report import FORMATS, find
from rootwarden.report.words import visible

DOCS = Path(__file__).parents[2] / "docs" / "reports"
SAMPLES = ("rich", "empty", "interrupted", "hostile")


def modules_that_render() -> set[str]:
    found = set()
    for each in pkgutil.iter_modules(rootwarden.report.__path__, "rootwarden.report."):
        if hasattr(importlib.import_module(each.name), "render"):
            found.add(each.name)
    return found


def test_the_registry_names_every_format_module_and_no_other() -> None:
    assert {each.module for each in FORMATS.values()} == modules_that_render()
    assert all(name == each.name for name, each in FORMATS.items())
    assert len({each.suffix for each in FORMATS.values()}) == len(FORMATS)


def test_every_format_can_be_rendered_with_the_result_alone() -> None:
    for each in FORMATS.values():
        first, *others = inspect.signature(importlib.import_module(each.module).render).parameters.values()
        assert first.name == "result"
        assert all(other.default is not inspect.Parameter.empty for other in others)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", FORMATS)
def test_same_result_same_bytes_in_utf8_with_a_final_newline(name: str, sample: str) -> None:
    text = FORMATS[name].render(getattr(samples, sample)())
    assert text == FORMATS[name].render(getattr(samples, sample)())
    assert text.encode().endswith(b"\n")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "terminal"])
def test_every_finding_is_told_in_the_order_of_the_result(name: str) -> None:
    result = samples.fleet(60)
    text = FORMATS[name].render(result)
    # The page names a few accounts among its next steps, before it tells of each.
    text = text.partition('id="accounts"')[2] or text
    positions = [text.index(account.id) for account in result.accounts if account.id != samples.MANAGEMENT]
    assert positions == sorted(positions)


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        find("pdf")
    assert caught.value.message == "there is no report format `pdf`"
    assert all(name in caught.value.hint for name in FORMATS)


def test_the_registry_imports_no_format() -> None:
    code = "import rootwarden.report, sys; sys.exit('rich' in sys.modules or 'jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_format_is_in_the_docs() -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    for each in FORMATS.values():
        assert f"| `{each.name}` |" in page
        assert f"`{each.suffix}`" in page
        assert f"\n## `{each.name}`" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\r\nb\tc", "a b c"),
        ("\x1b[31m", "\\u001b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\udc80", "\\udc80"),
        ("\ufffe", "\\ufffe"),
        ("鍵 ü 🔐", "鍵 ü 🔐"),
    ],
)
def test_what_hides_or_reorders_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
