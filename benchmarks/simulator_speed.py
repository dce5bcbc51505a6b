"""Requests a second the simulator answers on one core, over one keep-alive connection.

    python benchmarks/simulator_speed.py [--requests 5000]

The simulator runs in a process of its own. The client writes pre-made requests to a raw socket, so that what is
measured is the simulator; processor time of the simulator is read from `/proc` where that exists.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ACCOUNT = "000011110001"
CALLS = {
    "sts:GetCallerIdentity": ("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
    "iam:GetAccountSummary": ("iam", "Action=GetAccountSummary&Version=2010-05-08"),
    "iam:ListVirtualMFADevices": ("iam", "Action=ListVirtualMFADevices&Version=2010-05-08"),
    "iam:GetCredentialReport": ("iam", "Action=GetCredentialReport&Version=2010-05-08"),
}


def request(service: str, body: str) -> bytes:
    scope = f"AKIAFAKE{ACCOUNT}/20260302/us-east-1/{service}/aws4_request"
    return (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        "User-Agent: benchmark\r\nX-Amz-Date: 20260302T120000Z\r\nAccept-Encoding: identity\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def read_answer(stream: socket.socket) -> int:
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += stream.recv(65536)
    head = data[:end].decode().lower()
    length = int(head.split("content-length: ", 1)[1].split("\r\n", 1)[0])
    while len(data) < end + 4 + length:
        data += stream.recv(65536)
    return int(head.split(" ", 2)[1])


def processor_seconds(process: int) -> float:
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return float("nan")
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(port: int, process: int, call: str, count: int) -> dict[str, object]:
    service, body = CALLS[call]
    data = request(service, body)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        for _ in range(50):
            stream.sendall(data)
            read_answer(stream)
        busy, started = processor_seconds(process), time.perf_counter()
        for _ in range(count):
            stream.sendall(data)
            assert read_answer(stream) == 200, call
        elapsed = time.perf_counter() - started
        busy = processor_seconds(process) - busy
    return {
        "call": call,
        "per_second": round(count / elapsed),
        "per_busy_second": round(count / busy) if busy else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=5000)
    count = parser.parse_args().requests
    command = [sys.executable, "-m", "rootwarden.simulator", "--world", "greenfield", "--accounts", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            warm = request("iam", "Action=GenerateCredentialReport&Version=2010-05-08")
            with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
                for _ in range(3):
                    stream.sendall(warm)
                    read_answer(stream)
            for call in CALLS:
                print(json.dumps(measure(port, server.pid, call, count)))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
