"""Which process runs which test: a file stays together, and the longest files start first.

Tests of one file share what its fixtures make, so a file that is spread makes it once for every process. A file that
starts last is waited for alone, so the long ones go first; a file too long for one process is dealt out in pieces.

pytest-xdist has `--dist=loadfile`, but orders by number of tests, and its groups (`xdist_group`) do nothing with
pytest 9, whose ids it can no longer lengthen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController


class Plan(NamedTuple):
    """What is known of files beforehand; a file in none of the lists goes by its number of tests.

    Attributes:
        longest: Files in the order in which they start, before all others.
        together: For a file, the group it is in: files of one group run in one process.
        apart: Files whose tests do not share anything costly: each test function goes by itself.
    """

    longest: tuple[str, ...] = ()
    together: Mapping[str, str] = {}
    apart: frozenset[str] = frozenset()

    def group(self, test: str) -> str:
        """The tests with the same answer run in one process, one after the other."""
        file = test.partition("::")[0]
        if file in self.apart:
            return test.partition("[")[0]
        return self.together.get(file, file)

    def place(self, group: str, tests: int) -> tuple[int, int]:
        """Where a group stands in the queue: a smaller answer starts earlier."""
        file = group.partition("::")[0]
        return (self.longest.index(file) if file in self.longest else len(self.longest), -tests)


PLAN = Plan(
    # By processor time, from two minutes to ten seconds.
    longest=(
        "tests/docs/test_console.py",
        "tests/trail/test_spark.py",
        "tests/watch/test_faults.py",
        "tests/iam/admins/test_hostile.py",
        "tests/collect/test_bad_input.py",
        "tests/collect/test_live_faults.py",
        "tests/collect/test_inventory.py",
        "tests/iam/admins/test_laws.py",
        "tests/collect/test_native_services.py",
        "tests/collect/test_call_budgets.py",
        "tests/cli/test_archive_in_s3.py",
        "tests/trail/test_incidents_command.py",
        "tests/collect/test_admins_live.py",
        "tests/breakglass/client/test_commands.py",
        "tests/watch/test_command.py",
        "tests/collect/test_assets.py",
        "tests/trail/test_run.py",
        "tests/watch/test_month.py",
        "tests/trail/digests/test_in_s3.py",
        "tests/docs/test_promises.py",
        "tests/cli/test_archive_command.py",
        "tests/attachment/test_applying.py",
        "tests/breakglass/store/test_faults.py",
        "tests/trail/test_byte_filter.py",
        "tests/web/test_in_browser.py",
        "tests/iam/admins/test_stopping.py",
        "tests/collect/test_denials.py",
        "tests/docs/test_coverage.py",
    ),
    together=dict.fromkeys(
        ("tests/docs/test_coverage.py", "tests/docs/test_generated.py"), "the help of every command"
    ),
)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands whole groups of tests to processes, each process a new one when it is about to run out.

    Args:
        config: That of the run.
        log: Where xdist writes with `--debug`.
        plan: What is known of the files.
    """

    def __init__(self, config: pytest.Config, log: Producer, plan: Plan) -> None:
        super().__init__(config, log)
        self._plan = plan
        self._places: dict[str, int] = {}

    def _split_scope(self, nodeid: str) -> str:
        return self._plan.group(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        """As in the base class, but the longest first, and without a search through all tests for each test."""
        group = min(self.workqueue, key=lambda name: self._plan.place(name, len(self.workqueue[name])))
        unit = self.workqueue.pop(group)
        self.assigned_work.setdefault(node, {})[group] = unit
        if not self._places:
            self._places = {test: place for place, test in enumerate(self.registered_collections[node])}
        node.send_runtest_some([self._places[test] for test, done in unit.items() if not done])

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """As in the base class, but what is done is forgotten: pending tests are counted after every test."""
        test = self.registered_collections[node][item_index]
        group = self._plan.group(test)
        unit = self.assigned_work[node][group]
        del unit[test]
        if not unit:
            del self.assigned_work[node][group]
        self._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """As in the base class, but the test at which a process died is not run again: it would take the next one."""
        work = self.assigned_work.pop(node)
        died = next((test for unit in work.values() for test in unit), None)
        for group, unit in work.items():
            if left := {test: done for test, done in unit.items() if test != died}:
                self.workqueue[group] = left
        for other in self.assigned_work:
            self._reschedule(other)
        return died
