"""A small SMTP server on asyncio (RFC 5321, STARTTLS of RFC 3207) that can be told to refuse or misbehave."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

GREETING = "220 mail.example.org ESMTP"
TAKEN = "250 2.0.0 queued as 4F1C"


class MailServer:
    """What it is told to say, and what it got."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self.trust = trust
        self.says: dict[str, str] = {}
        self.mails: list[bytes] = []
        self.commands: list[str] = []
        self.was_safe: list[bool] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            await self._say(writer, self.says.get("connect", GREETING))
            safe = False
            while line := (await reader.readline()).decode().strip():
                verb = line.split(":")[0].split(" ")[0].upper()
                self.commands.append(line)
                if verb == "STARTTLS" and self.trust is not None and verb not in self.says:
                    await self._say(writer, "220 go ahead")
                    await writer.start_tls(self.trust)
                    safe = True
                elif verb == "DATA" and verb not in self.says:
                    await self._say(writer, "354 go on")
                    mail = await reader.readuntil(b"\r\n.\r\n")
                    answer = self.says.get("end", TAKEN)
                    if answer.startswith("250"):
                        self.mails.append(mail)
                        self.was_safe.append(safe)
                    await self._say(writer, answer)
                elif verb == "QUIT":
                    await self._say(writer, "221 bye")
                    break
                else:
                    known = {"EHLO": "250-mail.example.org\r\n250-STARTTLS\r\n250 SIZE 100000"}
                    await self._say(
                        writer, self.says.get(f"{verb} {line}", self.says.get(verb, known.get(verb, "250 ok")))
                    )
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, text: str) -> None:
        if text == "silence":
            await asyncio.sleep(30)
        if text == "reset":
            writer.transport.abort()
            raise ConnectionResetError
        if text.startswith("drip "):
            for letter in text.removeprefix("drip "):
                writer.write(letter.encode())
                await writer.drain()
                await asyncio.sleep(0.05)
            return
        writer.write(f"{text}\r\n".encode())
        await writer.drain()


@contextmanager
def mail_server(server: MailServer) -> Iterator[MailServer]:
    """The server for as long as the block lasts, in a loop of its own."""
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", 0))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end() -> None:
        listening.close()
        others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
