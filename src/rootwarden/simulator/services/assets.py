"""What an account holds, to be counted: RDS instances, S3 buckets, EC2 instances; and EC2's list of Regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.services.account import opt_in_regions

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler


def describe_db_instances(call: Call) -> dict[str, Any]:
    """The RDS instances of a Region."""
    size = call.number("MaxRecords", default=100, low=20, high=100)
    numbers = range(call.account.region(call.region).rds_instances)
    page, marker = call.page(numbers, cursor="Marker", size=size)
    instances = [
        {
            "DBInstanceIdentifier": f"database-{number}",
            "DBInstanceClass": "db.t4g.micro",
            "Engine": "postgres",
            "DBInstanceStatus": "available",
            "DBInstanceArn": call.world.arn("rds", call.region, call.account.account_id, f"db:database-{number}"),
        }
        for number in page
    ]
    return {"DBInstances": instances, "Marker": marker}


def list_buckets(call: Call) -> dict[str, Any]:
    """The buckets of an account, of all Regions."""
    size = call.number("MaxBuckets", default=10000, low=1, high=10000)
    account_id = call.account.account_id
    page, token = call.page(range(call.account.buckets), cursor="ContinuationToken", size=size)
    buckets = [
        {
            "Name": f"bucket-{number}-{account_id}",
            "CreationDate": call.account.create_date,
            "BucketRegion": call.world.home_region,
        }
        for number in page
    ]
    return {"Buckets": buckets, "Owner": {"ID": f"fake{account_id:0>60}"}, "ContinuationToken": token}


def describe_instances(call: Call) -> dict[str, Any]:
    """The EC2 instances of a Region, each in a reservation of its own."""
    size = call.number("MaxResults", default=1000, low=5, high=1000)
    numbers = range(call.account.region(call.region).ec2_instances)
    page, token = call.page(numbers, cursor="NextToken", size=size)
    reservations = [
        {
            "ReservationId": f"r-fake{number:013d}",
            "OwnerId": call.account.account_id,
            "Groups": [],
            "Instances": [
                {
                    "InstanceId": f"i-fake{number:013d}",
                    "InstanceType": "t4g.micro",
                    "State": {"Code": 16, "Name": "running"},
                    "LaunchTime": call.account.create_date,
                }
            ],
        }
        for number in page
    ]
    return {"Reservations": reservations, "NextToken": token}


def describe_regions(call: Call) -> dict[str, Any]:
    """The Regions an account can use, and with `AllRegions` those it has not opted in to."""
    regions = [(name, "opt-in-not-required") for name in call.account.enabled_regions]
    if call.parameters.get("AllRegions"):
        regions += [(name, "not-opted-in") for name in opt_in_regions(call)]
    wanted = set(call.texts("RegionNames"))
    return {
        "Regions": [
            {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": status}
            for name, status in regions
            if not wanted or name in wanted
        ]
    }


RDS_OPERATIONS: dict[str, Handler] = {"DescribeDBInstances": describe_db_instances}
S3_OPERATIONS: dict[str, Handler] = {"ListBuckets": list_buckets}
EC2_OPERATIONS: dict[str, Handler] = {"DescribeInstances": describe_instances, "DescribeRegions": describe_regions}
