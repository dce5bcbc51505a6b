"""A guardrail file as a user writes one: a service control policy that bars root, in one statement."""

from __future__ import annotations


def scp_against_root(name: str, *, title: str, why: str, sid: str, action: str) -> str:
    """The file; `action` bars at least `ec2:RunInstances`, with which its cases are made.

    Args:
        name: Its id.
        title: Its title.
        why: The reason it gives.
        sid: The id of the statement.
        action: What the statement denies every root user.
    """
    return f"""
id = "{name}"
title = "{title}"
kind = "scp"
why = "{why}"
attach = "the organization's root"
sources = ["ours"]

[[statement]]
sid = "{sid}"
action = ["{action}"]
condition.ArnLike."aws:PrincipalArn" = ["arn:*:iam::*:root"]

[[denies]]
name = "root starts machines"
who = "root"
action = "ec2:RunInstances"

[[permits]]
name = "a role starts machines"
who = "role"
principal = "Builder"
action = "ec2:RunInstances"
"""
