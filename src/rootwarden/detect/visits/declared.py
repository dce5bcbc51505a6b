"""What the user declares once, and requests spell in several ways."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(r"arn:[a-z-]+:secretsmanager:[^:]*:[0-9]*:secret:(?P<name>.+)")
_PARAMETER: Final = re.compile(r"arn:[a-z-]+:ssm:[^:]*:[0-9]*:parameter(?P<name>/.+)")
_RANDOM: Final = re.compile(r"-[A-Za-z0-9]{6}\Z")


def spellings(declared: str) -> tuple[str, ...]:
    """Every way a request may name a secret.

    Secrets Manager takes an ARN, the ARN without the six random letters at its end, or the name (*GetSecretValue*,
    `SecretId`); Parameter Store an ARN or the name, with the slash in front if it has folders (*GetParameter*, `Name`).

    Args:
        declared: The ARN as declared.

    Returns:
        The ARN first; only itself when it is none of these two services.
    """
    secret = _SECRET.fullmatch(declared)
    if secret:
        name = secret["name"]
        return tuple(dict.fromkeys((declared, _RANDOM.sub("", declared), name, _RANDOM.sub("", name))))
    parameter = _PARAMETER.fullmatch(declared)
    if parameter:
        return declared, parameter["name"], parameter["name"].removeprefix("/")
    return (declared,)
