"""`rootwarden language-server` without an editor, without its extra, and how fast it answers first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
MAIN = "import sys; sys.argv = ['rootwarden', 'language-server']; from rootwarden.cli.main import main; main()"
FIRST = """
import time
from rootwarden.language_server.document import Document
started = time.process_time()
found = Document("file:///a.rule", {text!r}).diagnostics()
print(len(found), time.process_time() - started)
"""
RULES = [
    'IAMUser where RootUser eq "true" should have MFActve eq true',
    'CloudTrail should have LogGroup . MetricFilters with [ FilterPattern like "Root" and Flog ]',
    "AWS should have atleast one CloudTrails with [ Loging ]",
]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("missing", ["pygls", "lsprotocol"])
def test_without_the_extra_one_line_says_how_to_get_it(missing: str) -> None:
    done = run(f"import sys; sys.modules[{missing!r}] = None; {MAIN}")

    assert done.returncode == 2
    assert done.stdout == ""
    assert f"error: the language server needs `{missing}" in done.stderr
    assert done.stderr.endswith("hint: pip install 'rootwarden[lsp]'\n")


def test_other_commands_do_without_the_extra() -> None:
    code = "import sys; sys.modules['pygls'] = None; " + MAIN.replace("language-server", "version")

    assert run(code).returncode == 0


def test_an_empty_input_ends_it() -> None:
    done = run(MAIN)

    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("text", RULES)
def test_the_first_diagnostics_take_less_than_a_tenth_of_a_second(text: str) -> None:
    """In a fresh process, schema files read in the time that counts."""
    count, seconds = run(FIRST.format(text=text)).stdout.split()

    assert int(count) > 0
    assert float(seconds) < 0.1
