"""Home regions: where a partition's global services live and its root users sign in."""

from __future__ import annotations

_HOME_REGIONS = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
}


def home_region(partition: str) -> str:
    """The home region of a partition; `us-east-1` for one we do not know."""
    return _HOME_REGIONS.get(partition, "us-east-1")
