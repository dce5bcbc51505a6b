"""`rootwarden permissions`: the least policies, and the template of the member role."""

from __future__ import annotations

from typing import Annotated

import typer


def permissions(
    command: Annotated[
        str, typer.Option("--for", metavar="COMMAND", help="audit, advise, iam-admins, credentials or guardrails.")
    ] = "audit",
    assume_root: Annotated[
        bool, typer.Option("--assume-root", help="For audits through sts:AssumeRoot instead of a member role.")
    ] = False,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="policy: the caller's policy. stackset: the member role.")
    ] = "policy",
    role_name: Annotated[str, typer.Option("--role-name", metavar="NAME", help="Name of the member role.")] = (
        "RootwardenAudit"
    ),
    principal: Annotated[
        str, typer.Option("--principal", metavar="ARN", help="Who may assume the member role (stackset).")
    ] = "",
    external_id: Annotated[
        str, typer.Option("--external-id", metavar="TEXT", help="External id to ask for (stackset).")
    ] = "",
    send_to: Annotated[
        str, typer.Option("--send-to", metavar="TARGET", help="Also for sending findings: securityhub.")
    ] = "",
    archive: Annotated[bool, typer.Option("--archive", help="Also for --archive, which counts assets.")] = False,
    partition: Annotated[str, typer.Option("--partition", metavar="NAME", help="aws, aws-us-gov, …")] = "aws",
) -> int:
    """Print the least permissions a command needs, made from the calls the code makes."""
    from rootwarden.collect.permissions import ADMINS, AUDIT, READS, caller_policy, member_role_template
    from rootwarden.errors import UsageError

    if send_to not in ("", "securityhub"):
        raise UsageError(f"there is nothing called `{send_to}` to send to", hint="--send-to securityhub")
    others = assume_root or bool(send_to) or archive
    if command in {"credentials", "guardrails"}:
        return _alone(command, format_, partition, others=others)
    if command not in READS:
        hint = f"choose one of {', '.join((*READS, 'credentials', 'guardrails'))}"
        raise UsageError(f"there are no permissions for `{command}`", hint=hint)
    if (command == ADMINS and assume_root) or (command != AUDIT and (send_to or archive)):
        raise UsageError(
            "--send-to and --archive are for audits, --assume-root for audits and advise",
            hint=f"leave them out with --for {command}",
        )
    if format_ == "policy":
        text = caller_policy(
            role_name="" if assume_root else role_name,
            assume_root=assume_root,
            partition=partition,
            security_hub=bool(send_to),
            assets=archive,
            command=command,
        )
    elif format_ == "stackset":
        text = member_role_template(
            role_name=role_name, principal=principal, external_id=external_id, assets=archive, command=command
        )
    else:
        raise UsageError(f"there is no format `{format_}`", hint="choose policy or stackset")
    typer.echo(text, nl=False)
    return 0


def _alone(command: str, format_: str, partition: str, *, others: bool) -> int:
    """What commands that change things need of who runs them; there is no role in members, and nothing else to choose.

    Of `guardrails` it is what plans and verifies: what applies a plan is of that plan, and printed with it.
    """
    from rootwarden.errors import UsageError

    if format_ != "policy" or others:
        raise UsageError(
            f"--for {command} prints one policy, of whoever runs it",
            hint="leave out --format stackset, --assume-root, --send-to and --archive",
        )
    if command == "guardrails":
        import json

        from rootwarden.attachment.calls import looking_policy

        typer.echo(json.dumps(looking_policy(), indent=2))
        return 0
    from rootwarden.credentials.permissions import policy

    typer.echo(policy(partition), nl=False)
    return 0
