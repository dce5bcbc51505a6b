"""A witness in a process of its own, on TLS, whose clock runs ahead with that of the others.

python -m benchmarks.break_glass_witness FOLDER KEY_FILE TOKEN CERTIFICATE CERTIFICATE_KEY OFFSET
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.rehearsal.shifted import Shifted
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.breakglass.witness.server import Listening, application, read_private_key, server_of
from rootwarden.breakglass.witness.witness import Witness

NAME = "second-machine"


async def serve(witness: Witness, token: str, certificate: str, certificate_key: str) -> None:
    """Serve on a free port, and say which."""
    listening = Listening(port=0, certificate=certificate, certificate_key=certificate_key)
    server = server_of(application(witness, token=Secret(token)), listening)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has nothing to wait for
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving


def main() -> None:
    folder, key, token, certificate, certificate_key, offset = sys.argv[1:7]
    clock = Shifted(Path(offset))
    with Memory(Path(folder)) as memory:
        witness = Witness(memory, name=NAME, key=read_private_key(Path(key)), clock=lambda: clock.read().wall)
        asyncio.run(serve(witness, token, certificate, certificate_key))


if __name__ == "__main__":
    main()
