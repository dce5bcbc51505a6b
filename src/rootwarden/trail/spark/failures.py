"""What Spark raises, as ours: one line out of a page of stack traces."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException

from rootwarden.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_RAISED: Final = re.compile(r"^(?:Caused by: )?[\w.$]*(?:Error|Exception|Missing): (.+)$", re.MULTILINE)
_PYTHON: Final = "Traceback (most recent call last)"
_HINT: Final = "what Spark printed above tells more; docs/trail-spark.md says what executors need"


@contextmanager
def as_ours() -> Iterator[None]:
    """Turn what Spark raises into `ClusterError`.

    Raises:
        ClusterError: When Spark raised something.
    """
    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise ClusterError(f"Spark gave up: {_telling(error)}", hint=_HINT) from error


def _telling(error: Py4JError | PySparkException) -> str:
    """The line people need: what Python raised on an executor, else the deepest cause, else the first line."""
    text = str(error.java_exception) if isinstance(error, Py4JJavaError) else str(error)
    if _PYTHON in text:
        text = text.rpartition(_PYTHON)[2]
        raised = _RAISED.search(text)
        return raised[0] if raised else text.strip().partition("\n")[0]
    causes = _RAISED.findall(text)
    return (causes[-1] if causes else text.strip().partition("\n")[0]).rstrip(".")
