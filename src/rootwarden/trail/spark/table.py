"""Events as a Parquet table, written by the executors: for Athena, DuckDB, or another Spark job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.errors import UsageError
from rootwarden.trail.spark.executor import rows_of
from rootwarden.trail.spark.failures import as_ours

if TYPE_CHECKING:
    from pyspark.core.rdd import RDD
    from pyspark.sql import SparkSession

    from rootwarden.trail.spark.executor import Part

_COLUMNS: Final = "event string, account string, microseconds long, corrected boolean, record string"
_WRITTEN: Final = (
    "event",
    "account",
    "timestamp_micros(microseconds) AS time",
    "corrected",
    "record",
)


class Table:
    """A table that is begun by a run, and appended to by each of its rounds.

    Args:
        spark: The session.
        place: Folder, or whatever address the cluster's Hadoop can write to (`s3a://…`, on EMR `s3://…`).

    Raises:
        UsageError: When there is something already.
    """

    def __init__(self, spark: SparkSession, place: str) -> None:
        self._spark = spark
        self._place = place
        with as_ours():
            # One way to ask a folder, S3 and whatever else: the cluster's own file systems (Hadoop's `FileSystem`).
            context: Any = spark.sparkContext
            path = context._jvm.org.apache.hadoop.fs.Path(place)  # noqa: SLF001 - PySpark offers no other way
            there = path.getFileSystem(context._jsc.hadoopConfiguration()).exists(path)  # noqa: SLF001 - as above
        if there:
            raise UsageError(f"there is a `{place}` already", hint="--spark-output wants a new folder")

    def append(self, parts: RDD[Part]) -> None:
        """Write the events of a round, every copy of them; `event` tells which are one.

        Raises:
            ClusterError: When they cannot be written.
        """
        frame = self._spark.createDataFrame(parts.flatMap(rows_of), _COLUMNS)
        frame.selectExpr(*_WRITTEN).write.mode("append").parquet(self._place)
