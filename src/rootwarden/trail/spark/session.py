"""A Spark session for one command: started or taken over from `spark-submit`, given our code, stopped at the end."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from pyspark.sql import SparkSession

from rootwarden.errors import ClusterError, UsageError
from rootwarden.trail.spark.failures import as_ours
from rootwarden.trail.spark.package import write_package

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCAL: Final = "local"
_HERE: Final = "127.0.0.1"
_LOOPBACK: Final = re.compile(r"local(\[.*\])?|spark://(127\.0\.0\.1|localhost|\[::1\]):\d+")
# Where S3 is, and no secret. Credentials are the executors' own affair.
_PASSED_ON: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION")
_STANDALONE: Final = "spark://"
_ANSWER_SECONDS: Final = 10
_SUBMITTED: Final = "PYSPARK_GATEWAY_PORT"


@contextmanager
def session(master: str = "") -> Iterator[SparkSession]:
    """Open a session.

    Args:
        master: Address of the cluster (`spark://HOST:PORT`, `yarn`, `k8s://…`, `local[4]`); empty for what
            `spark-submit` says, and for this machine when that has not started us.

    Raises:
        UsageError: When there is no Java.
        ClusterError: When Spark cannot be started, or the cluster not be reached.
    """
    if _SUBMITTED not in os.environ:
        _need_java()
        _need_master(master)
        master = master or "local[*]"
    builder = SparkSession.builder.appName("rootwarden trail").config("spark.ui.showConsoleProgress", "false")
    if master:
        builder = builder.master(master)
    if _LOOPBACK.fullmatch(master):
        # Nobody beyond this machine has a part in it: no door is opened to them.
        os.environ.setdefault("SPARK_LOCAL_IP", _HERE)
        for name in ("spark.driver.host", "spark.driver.bindAddress"):
            builder = builder.config(name, _HERE)
        builder = builder.config("spark.ui.enabled", "false")
    if master.startswith(_LOCAL):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for name in _PASSED_ON:
        if value := os.environ.get(name):
            builder = builder.config(f"spark.executorEnv.{name}", value)
    # Its traces are of errors that are raised too, and of every Ctrl-C.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    on_interrupt = signal.getsignal(signal.SIGINT)
    with as_ours():
        spark = builder.getOrCreate()
    if threading.current_thread() is threading.main_thread():
        # PySpark's own handler calls Java in the middle of whatever call it interrupts; `Cluster` cancels its jobs.
        signal.signal(signal.SIGINT, on_interrupt)
    try:
        # Executors fetch the package when they are given work first, at any time.
        with TemporaryDirectory(prefix="rootwarden-spark-") as folder:
            with as_ours():
                spark.sparkContext.addPyFile(str(write_package(Path(folder))))
            yield spark
    finally:
        spark.stop()


def _need_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        where = f"`{home}`, which JAVA_HOME names, has none" if home else "it was not found"
        raise UsageError(f"Spark needs Java 17 or later, and {where}", hint="install a JRE, or set JAVA_HOME")


def _need_master(master: str) -> None:
    """Ask whether anybody is there before Spark does, which takes a minute and pages of traces to say no.

    Raises:
        UsageError: When the address is none.
        ClusterError: When none of the masters answers.
    """
    if not master.startswith(_STANDALONE):
        return
    reason = ""
    for address in master.removeprefix(_STANDALONE).split(","):
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise UsageError(f"`{master}` is no address of a cluster", hint="write it as spark://HOST:PORT")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()
        except (OSError, OverflowError, UnicodeError) as error:
            reason = str(getattr(error, "strerror", "") or error).lower()
        else:
            return
    raise ClusterError(f"the cluster `{master}` does not answer: {reason}", hint="is it the master's address?")
