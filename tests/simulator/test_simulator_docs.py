"""docs/simulator.md says what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from rootwarden.simulator.__main__ import main
from rootwarden.simulator.knobs import Knob
from rootwarden.simulator.worlds import WORLDS

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(title: str) -> list[str]:
    return [
        name
        for line in re.findall(r"^\| (`.*?) \|", section(title), re.MULTILINE)
        for name in re.findall(r"`(\w+)`", line)
    ]


def test_every_world_and_knob_is_described() -> None:
    assert first_cells("Worlds") == list(WORLDS)
    kinds = [kind.__struct_config__.tag for kind in get_args(Knob)]
    assert sorted(first_cells("Knobs")) == sorted(kinds)
    assert len(kinds) == 14


def test_every_flag_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert flags == set(re.findall(r"--[a-z-]+", section("Run it")))


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    exec(compile(example, "docs/simulator.md", "exec"), {})  # noqa: S102 - our own documentation
    assert capsys.readouterr().out == "arn:aws:iam::000011110000:user/operator\n{'000011110000': 1}\n"
