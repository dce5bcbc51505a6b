"""A broker that is killed at a write to its database, while people visit; another one goes on, and looks at the log.

`python -m tests.breakglass.service.killed FOLDER DATABASE WRITE …` kills one at each of these writes, counted from the
start of its history; `all` instead of numbers goes on until one lives through it. The vault stays, as on another
machine.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import traceback
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import event

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.state import Phase, Stage
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.service.sinks import log_keys
from rootwarden.breakglass.store.verdict import Outcome
from rootwarden.breakglass.store.verify import verify
from rootwarden.breakglass.witness.messages import parse_head
from rootwarden.errors import InputError, RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from rootwarden.breakglass.rehearsal.stage import Stage as Staged
    from rootwarden.breakglass.service.house import House
    from rootwarden.transparency.head import Head

    Act: TypeAlias = Callable[[Staged, Callable[["Code"], None]], None]

ACTS: Final = 14
_WRITES: Final = ("INSERT", "UPDATE", "DELETE")


class Code(NamedTuple):
    """A code somebody saw."""

    lease: str
    step: int


class Fatal:
    """Counts writes and commits, before and after each, and kills this process at one of them."""

    def __init__(self, house: House, at: int) -> None:
        self.count, self.at = 0, at
        engine = house.store.database.engine
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "after_cursor_execute", self._statement)
        commit = engine.dialect.do_commit

        def committed(connection: Any) -> None:
            self._passed()
            commit(connection)
            self._passed()

        vars(engine.dialect)["do_commit"] = committed

    def _statement(self, *given: Any) -> None:
        if str(given[2]).lstrip().startswith(_WRITES):
            self._passed()

    def _passed(self) -> None:
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def history(on: Staged, seed: int, tell: Callable[[Code], None]) -> None:
    """What people do, one after the other; what they may not do is refused, and they do something else."""
    chosen = random.Random(seed)
    acts: tuple[Act, ...] = (_ask, _ask, _begin, _begin, _begin, _look, _look, _look, _look, _end, _check_in, _chores)
    on.troupe.attest()
    for _ in range(ACTS):
        with suppress(RootwardenError):
            chosen.choice(acts)(on, tell)


def visit(on: Staged, tell: Callable[[Code], None]) -> None:
    """A whole visit, after whatever was before: nothing may stand in its way."""
    on.troupe.attest()
    ends: tuple[Act, ...] = (_end, _check_in, _chores)
    for _ in range(3):
        for act in ends:
            act(on, tell)
    before = len(_leases(on, Phase.CLOSED))
    begins: tuple[Act, ...] = (_ask, _begin, _look)
    for act in (*begins, *ends):
        act(on, tell)
    if len(_leases(on, Phase.CLOSED)) != before + 1:
        raise AssertionError("the visit did not come to its end")


def _leases(on: Staged, phase: Phase) -> list[str]:
    return [name for name, lease in on.house.broker.state().leases.items() if lease.phase is phase]


def _ask(on: Staged, _tell: object) -> None:
    request, phrase = on.troupe.file(overrides_duties=True)
    on.troupe.approve(request, phrase)


def _begin(on: Staged, _tell: object) -> None:
    state = on.house.broker.state()
    ready = [name for name, one in state.requests.items() if one.stage is Stage.FILED and len(one.approvals) > 1]
    if ready:
        on.troupe.open(ready[-1])


def _look(on: Staged, tell: Callable[[Code], None]) -> None:
    for lease in _leases(on, Phase.OPEN):
        shown, _ = on.troupe.code(lease)
        tell(Code(lease, shown.step))


def _end(on: Staged, _tell: object) -> None:
    for lease in _leases(on, Phase.OPEN):
        on.troupe.acting.end("rita", lease)


def _check_in(on: Staged, _tell: object) -> None:
    for lease in _leases(on, Phase.DUTIES):
        on.troupe.check_in(lease)


def _chores(on: Staged, _tell: object) -> None:
    on.house.look_after()


def look(on: Staged, codes: Iterable[Code], _tell: Callable[[Code], None]) -> None:
    """What must hold at every start: the log is whole, and every code that was seen stands in it, anchored."""
    house, state = on.house, on.house.broker.state()
    entries, heads = list(house.store.read()), list(house.store.heads())
    if house.broker.sealed:
        raise AssertionError(f"sealed: {house.broker.sealed}")
    # A line that was being written when the broker was killed is not whole.
    lines = (house.folder / "heads.jsonl").read_bytes().splitlines()
    outside = [head for line in lines if (head := head_in(line)) is not None]
    verdict = verify(iter(entries), heads, checkpoint_keys=log_keys(state), other_heads=outside[-1:])
    if verdict.outcome is Outcome.BROKEN:
        raise AssertionError(f"the log is broken: {verdict}")
    if replay(entries).tree.root != state.tree.root or heads[-1].size != len(entries):
        raise AssertionError("the replay is not the state, or the newest entries have no head")
    at = {
        (entry.lease, entry.step): place
        for place, entry in enumerate(map(log.from_bytes, entries))
        if isinstance(entry, log.CodeReleased)
    }
    for code in codes:
        place = at.get((code.lease, code.step))
        if place is None or not any(head.size > place for head in outside):
            raise AssertionError(f"{code} was seen, and is not in the log, or not anchored")
    named = [record.digest for guarded in state.accounts.values() for record in guarded.records.values()]
    if any(house.store.blob(digest) is None for digest in named):
        raise AssertionError("a sealed record the log names is gone")


def head_in(line: bytes) -> Head | None:
    try:
        return parse_head(line.removeprefix(b"head ")) if line.startswith(b"head ") else None
    except InputError:
        return None


def in_a_child(
    on: Staged, do: Callable[[Callable[[Code], None]], None], fatal: int = -1
) -> tuple[int, int, list[Code]]:
    """Run a broker in a child.

    Returns:
        What killed it (0: nothing), its exit code, and the codes people saw before.
    """
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            on.take_over()
            if fatal >= 0:
                Fatal(on.house, fatal)
            do(lambda code: void(os.write(writable, f"{code.lease} {code.step}\n".encode())))
            on.house.close()
            status = 0
        except BaseException:  # noqa: BLE001 - a child ends here, whatever happened, and says it
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writable)
    told = b""
    while part := os.read(readable, 4096):
        told += part
    os.close(readable)
    _, ended = os.waitpid(child, 0)
    codes = [Code(lease, int(step)) for lease, step in (line.split() for line in told.decode().splitlines())]
    return (os.WTERMSIG(ended), 1, codes) if os.WIFSIGNALED(ended) else (0, os.WEXITSTATUS(ended), codes)


def void(_: object) -> None:
    """For what nobody reads."""


def main() -> None:
    folder, database, *writes = sys.argv[1:]
    with stage(Path(folder), database=database) as on:
        for player in on.troupe.players.values():
            if player.passkey is not None:
                player.passkey.counter = None  # a child that is killed takes the counters with it
        on.troupe.found()
        on.troupe.guard()
        on.troupe.enrol()
        on.house.look_after()
        on.house.close()
        codes: list[Code] = []
        for fatal in count() if writes == ["all"] else map(int, writes):
            killed, _, seen = in_a_child(on, partial(history, on, fatal), fatal)
            codes += seen
            if in_a_child(on, partial(look, on, tuple(codes)))[:2] != (0, 0):
                sys.exit(f"killed at write {fatal}: what is left is not right")
            sys.stdout.write(f"{fatal} {killed} {len(codes)}\n")
            if not killed and writes == ["all"]:
                break
        if in_a_child(on, lambda tell: visit(on, tell))[:2] != (0, 0):
            sys.exit("nobody can visit any more")


if __name__ == "__main__":
    main()
