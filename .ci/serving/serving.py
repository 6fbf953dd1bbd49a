"""A running `sop serve`, and plain HTTP to it: what the long checks of the server share. Standard library only."""

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def binary():
    """The program as it was built last."""
    return os.environ.get("SOP", str(ROOT / "target" / "release" / "sop"))


def sop(*arguments):
    """Runs a command of the program."""
    subprocess.run([binary(), *map(str, arguments), "--quiet"], check=True, stdout=subprocess.DEVNULL)


class Server:
    """`sop serve` over an index folder; stopped when the `with` block ends."""

    def __init__(self, index, *flags):
        self.index, self.flags = str(index), flags

    def __enter__(self):
        command = [binary(), "serve", "--index", self.index, "--listen", "127.0.0.1:0", "--json", *self.flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the server did not start (exit code {self.process.wait()}): {' '.join(command)}")
        self.url = json.loads(line)["listening"]
        self.address = self.url.removeprefix("http://")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def kill(self):
        """Ends it as a power cut would: nothing is written any more."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def resident_mib(self):
        """Memory that the process has, in MiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise SystemExit("no VmRSS")


class Connection:
    """One HTTP connection that is used again and again."""

    def __init__(self, address):
        self.host, port = address.rsplit(":", 1)
        self.port, self.stream = int(port), None

    async def ask(self, method, path, body=None):
        """Status and JSON of an answer; an OSError or IncompleteReadError where there was none."""
        if self.stream is None:
            self.stream = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.stream
        payload = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(payload)}\r\n\r\n".encode() + payload)
        await writer.drain()
        status = int((await reader.readuntil(b"\r\n")).split()[1])
        length, keep = 0, True
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            name, value = line.decode().split(":", 1)
            if name.lower() == "content-length":
                length = int(value)
            if name.lower() == "connection" and value.strip().lower() == "close":
                keep = False
        answer = json.loads(await reader.readexactly(length))
        if not keep:
            writer.close()
            self.stream = None
        return status, answer


def ask(address, method, path, body=None):
    """One request on a connection of its own."""
    return asyncio.run(Connection(address).ask(method, path, body))


def give(figures, out):
    """Prints what was measured, and writes it to a file where one is named."""
    text = json.dumps(figures, indent=1)
    print(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")
