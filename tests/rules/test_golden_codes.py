"""Every code has a golden file, and every golden file is what the user sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.rules.golden_codes import FOLDER, golden

from rootwarden.rules.diagnostic import Code

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema


def test_each_code_has_a_golden_file_and_no_other_is_there() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {f"{code.value}.txt" for code in Code}


@pytest.mark.parametrize("code", list(Code))
def test_what_the_user_sees(code: Code, schema: Schema) -> None:
    expected = (FOLDER / f"{code.value}.txt").read_text(encoding="utf-8")

    assert f"[{code.value}]" in expected
    assert golden(code, schema) == expected, "python -m tests.rules.golden_codes, and read the difference"
