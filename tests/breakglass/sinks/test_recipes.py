"""What docs/break-glass-audit.md tells to run, so that what a sink holds can be brought back, gives just that."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.logs import Log, now

from rootwarden.breakglass.sinks.object_lock import _content
from rootwarden.breakglass.sinks.syslog import Receiver, SyslogSink
from rootwarden.breakglass.store.log_file import read_sink
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.transparency.head import Head

PAGE = Path(__file__).parents[3] / "docs" / "break-glass-audit.md"
# Entries hold words of people; these look like a recipe's marks.
TRICKY = (
    'an "entry 7 {}" \\ and äöü — \t\n',
    ' head [rootwarden@32473 log="main" size="9"] ',
    ' entry [rootwarden@32473 log="main" index="0"] ',
)


def log_and_heads() -> tuple[Log, tuple[Head, Head]]:
    log = Log(3)
    first = log.head()
    log.lines += [canonical({"actor": "system", "number": 9_007_199_254_740_991, "words": words}) for words in TRICKY]
    return log, (first, log.head())


def recipe(program: str) -> str:
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (line,) = [line for line in block.splitlines() if line.startswith(f"{program} ")]
    return str(line)


def as_copy(folder: Path, log: Log, heads: tuple[Head, Head]) -> None:
    (folder / "copy").mkdir()
    (folder / "copy" / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in log.lines))
    (folder / "copy" / "heads.jsonl").write_bytes(b"".join(canonical_of(head) + b"\n" for head in heads))


def as_bucket(folder: Path, log: Log, heads: tuple[Head, Head]) -> None:
    """The second object has an entry of the first once more, as after an answer that was lost."""
    (folder / "objects").mkdir()
    for head, since in zip(heads, (0, 2), strict=True):
        (folder / "objects" / f"{head.size:016}.json").write_bytes(_content(head, log.lines[since : head.size]))


def as_messages(folder: Path, log: Log, heads: tuple[Head, Head]) -> None:
    sink = SyslogSink("siem", Receiver(host="127.0.0.1"), log="main", takes_entries=True, clock=now)
    frames = [*sink._frames(heads[0], log.lines[:3], now()), *sink._frames(heads[1], log.lines[2:], now())]
    (folder / "messages.txt").write_bytes(b"".join(frame.partition(b" ")[2] + b"\n" for frame in frames))


def canonical_of(head: Head) -> bytes:
    return canonical({"root": head.root, "signature": head.signature, "size": head.size, "time": head.time})


@pytest.mark.parametrize(
    ("program", "write"), [("awk", as_copy), ("jq", as_bucket), ("sed", as_messages)], ids=["copy", "bucket", "syslog"]
)
def test_what_a_place_holds_is_brought_into_the_form_of_a_sink(
    program: str, write: Callable[[Path, Log, tuple[Head, Head]], None], tmp_path: Path
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no `{program}` here")
    log, heads = log_and_heads()
    write(tmp_path, log, heads)
    subprocess.run(["sh", "-c", recipe(program)], cwd=tmp_path, check=True)
    assert read_sink(tmp_path / "lost.txt") == (log.lines, list(heads))
