"""A private Spark cluster for tests: a master and two workers, processes of their own on loopback, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = "127.0.0.1"
WORKERS = 2
_WAIT = 120
# Quick to start instead of quick for long: nothing here runs for a minute.
_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_DEFAULTS = f"""
spark.driver.memory 512m
spark.executor.memory 512m
spark.executor.cores 1
spark.driver.extraJavaOptions {_QUICK}
spark.executor.extraJavaOptions {_QUICK}
"""


@contextmanager
def cluster(**of_workers: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A cluster for as long as the block lasts; skips the test, by name, where Java is not installed.

    Args:
        of_workers: More environment of the workers, and so of executors.

    Yields:
        The master's address, and the environment drivers need.
    """
    package = importlib.util.find_spec("pyspark")
    if shutil.which("java") is None or package is None or package.origin is None:
        pytest.skip("no Java on this system: reading with Spark is not tested")
    program = Path(package.origin).parent / "bin" / "spark-class"
    folder = Path(tempfile.mkdtemp(prefix="fake-spark-"))
    (folder / "spark-defaults.conf").write_text(_DEFAULTS)
    environment = {
        "PATH": os.environ["PATH"],
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_IP": HERE,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": _QUICK,
        "PYSPARK_PYTHON": sys.executable,
    }
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)

        def start(kind: str, said: str, *arguments: str, **more: str) -> Callable[[], str]:
            """Start a part; what is returned waits for what it says when it is ready."""
            log = folder / f"{kind}-{time.monotonic_ns()}.log"
            name = f"org.apache.spark.deploy.{kind.lower()}.{kind}"
            command = [str(program), name, "--host", HERE, "--port", "0", "--webui-port", "0", *arguments]
            with log.open("wb") as file:
                process = subprocess.Popen(command, stdout=file, stderr=file, env=environment | more, cwd=folder)
            running.callback(_end, process)
            return lambda: _wait_for(said, log, process)

        rest = {"SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false"}
        address = start("Master", rf"spark://{HERE}:\d+", **rest)()
        work = ("--cores", "1", "--memory", "512m", "--work-dir", str(folder / "work"), address)
        ready = "Successfully registered with master"
        for waits in [start("Worker", ready, *work, **of_workers) for _ in range(WORKERS)]:
            waits()
        yield address, environment


def _wait_for(said: str, log: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + _WAIT
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(said, log.read_text(errors="replace")):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"Spark did not start: {log.read_text(errors='replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
