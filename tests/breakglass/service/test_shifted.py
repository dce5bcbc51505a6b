"""The clocks of a rehearsal can be put back, also on a machine that has just started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.rehearsal import shifted

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_clocks_are_put_back_on_a_machine_that_has_just_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    just_started = msgspec.structs.replace(read_clocks(), steady=5.0)
    monkeypatch.setattr(shifted, "read_clocks", lambda: just_started)
    (tmp_path / "ahead").write_text("0", encoding="ascii")
    clocks = shifted.Shifted(tmp_path / "ahead")
    before = clocks.read()
    clocks.wait(-7200)
    after = clocks.read()
    assert (after.wall - before.wall).total_seconds() == after.steady - before.steady == -7200
