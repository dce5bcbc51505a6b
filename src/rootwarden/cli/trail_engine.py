"""Where a trail is read: on this machine, or on a Spark cluster."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec
import typer

from rootwarden.cli import extras
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.trail.run import Elsewhere


class Kind(StrEnum):
    """Where the reading is done."""

    LOCAL = "local"
    SPARK = "spark"


Engine: TypeAlias = Annotated[
    Kind, typer.Option("--engine", help="Read on this machine, or on a Spark cluster: see docs/trail-spark.md.")
]
SparkMaster: TypeAlias = Annotated[
    str, typer.Option("--spark-master", metavar="URL", help="The cluster; if not given, as spark-submit says.")
]
SparkOutput: TypeAlias = Annotated[
    str,
    typer.Option("--spark-output", metavar="FOLDER", help="Also write the events there as Parquet: folder or s3a://…"),
]


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say."""

    kind: Kind = Kind.LOCAL
    master: str = ""
    output: str = ""


@contextmanager
def opened(where: Where, *, workers: int = 0) -> Iterator[Elsewhere | None]:
    """What reads in place of this machine, for as long as the block lasts; `None` when this machine does.

    Args:
        where: What the options say.
        workers: What `--workers` says.

    Raises:
        UsageError: When options contradict one another, or Spark or Java are not installed.
        ClusterError: When the cluster cannot be reached.
    """
    if where.kind is Kind.LOCAL:
        if where.master or where.output:
            raise UsageError("--spark-master and --spark-output need --engine spark", hint="add --engine spark")
        yield None
        return
    if workers:
        raise UsageError("--workers is about this machine", hint="the cluster says how many executors there are")
    _need_pyspark()
    from rootwarden.trail.spark.cluster import Cluster
    from rootwarden.trail.spark.session import session
    from rootwarden.trail.spark.table import Table

    with session(where.master) as spark:
        yield Cluster(spark, Table(spark, where.output) if where.output else None).read


def _need_pyspark() -> None:
    extras.need(("pyspark",), "--engine spark needs", extra="spark")
