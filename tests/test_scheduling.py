"""Tests that share what is costly run in one process, the longest first: shown by made-up suites in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.scheduling import PLAN, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTS = Path(__file__).parent
CONFTEST = """
import json, os
from pathlib import Path
import pytest
from tests.scheduling import ByFile, Plan

PLAN = Plan({longest!r}, {together!r}, frozenset({apart!r}))

def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log, PLAN)

@pytest.fixture(autouse=True)
def _noted(request):
    with Path("noted").open("a") as noted:
        noted.write(json.dumps([os.getpid(), request.node.nodeid]) + "\\n")
"""
MANY = """
import pytest

@pytest.mark.parametrize("number", range(12))
def test_one(number):
    pass

@pytest.mark.parametrize("number", range(12))
def test_other(number):
    pass
"""


class Suite:
    """A made-up suite in a folder; what ran is noted with its process, in order."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self._folder = folder
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")

    def run(self, plan: Plan, *arguments: str, code: int = 0) -> list[tuple[int, str]]:
        """(process, test) for every start of a test."""
        written = CONFTEST.format(longest=plan.longest, together=dict(plan.together), apart=sorted(plan.apart))
        (self._folder / "conftest.py").write_text(written, encoding="utf-8")
        (self._folder / "noted").write_text("", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xdist.plugin", *arguments],
            cwd=self._folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(TESTS.parent),
                "HOME": str(self._folder),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        noted = (self._folder / "noted").read_text(encoding="utf-8")
        return [(process, test) for process, test in map(json.loads, noted.splitlines())]


def processes(ran: list[tuple[int, str]], plan: Plan) -> dict[str, set[int]]:
    """The processes in which tests of each group ran."""
    found = defaultdict(set)
    for process, test in ran:
        found[plan.group(test)].add(process)
    return dict(found)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path, {f"test_{name}.py": MANY for name in "abcdef"})


@pytest.mark.parametrize("count", [2, 3])
def test_a_file_runs_in_one_process_and_each_test_once(suite: Suite, count: int) -> None:
    ran = suite.run(plan := Plan(), "-n", str(count))
    assert len(ran) == len({test for _, test in ran}) == 6 * 24
    assert {len(where) for where in processes(ran, plan).values()} == {1}
    assert len({process for process, _ in ran}) == count


def test_files_of_one_group_run_in_one_process(suite: Suite) -> None:
    plan = Plan(together={"test_a.py": "shared", "test_f.py": "shared"})
    found = processes(suite.run(plan, "-n", "3"), plan)
    assert set(found) == {"shared", *(f"test_{name}.py" for name in "bcde")}
    assert len(found["shared"]) == 1


def test_the_functions_of_a_file_set_apart_are_dealt_out_one_by_one(suite: Suite) -> None:
    plan = Plan(apart=frozenset({"test_b.py"}))
    found = processes(suite.run(plan, "-n", "2", "test_b.py"), plan)
    assert {len(where) for where in found.values()} == {1}
    assert found["test_b.py::test_one"] != found["test_b.py::test_other"]


def test_the_longest_starts_first_then_what_has_most_tests(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "test_large.py").write_text(MANY.replace("12", "30"), encoding="utf-8")
    ran = suite.run(Plan(longest=("test_e.py", "test_c.py")), "-n", "1")
    order = list(dict.fromkeys(test.partition("::")[0] for _, test in ran))
    assert order[:3] == ["test_e.py", "test_c.py", "test_large.py"]


def test_without_further_processes_tests_run_in_the_order_of_their_files(suite: Suite) -> None:
    ran = suite.run(Plan(longest=("test_e.py",)), "-n", "0")
    assert list(dict.fromkeys(test.partition("::")[0] for _, test in ran)) == [f"test_{name}.py" for name in "abcdef"]


def test_a_process_that_dies_costs_its_test_and_no_other(suite: Suite, tmp_path: Path) -> None:
    dies = "import os\nfrom pathlib import Path\ndef test_dies():\n    os._exit(1)\ndef test_after():\n    pass\n"
    (tmp_path / "test_dies.py").write_text(dies, encoding="utf-8")
    ran = suite.run(Plan(longest=("test_dies.py",)), "-n", "2", "--max-worker-restart", "1", code=1)
    assert {test for _, test in ran} >= {"test_dies.py::test_after"}


def test_every_file_of_the_plan_is_there() -> None:
    named = {*PLAN.longest, *PLAN.together, *PLAN.apart}
    assert [name for name in sorted(named) if not (TESTS.parent / name).is_file()] == []
    assert len(set(PLAN.longest)) == len(PLAN.longest)


def test_no_test_asks_for_a_group_in_a_way_that_does_nothing() -> None:
    marked = [path for path in TESTS.rglob("*.py") if "mark.xdist_" + "group" in path.read_text(encoding="utf-8")]
    assert marked == []
