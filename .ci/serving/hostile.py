"""What a server must survive and no test of its crate can do: thousands of connections, and a disk that is really full.

    .ci/serving/hostile.py --connections 10000 --out reports/2026-11-30-serving/hostile.json

Connections: so many clients connect and stay silent; meanwhile some ask now and then, and after it the server must answer as before.
It needs as many open files (`ulimit -n`). Full disk: an index on a file system of a few MiB (tmpfs, which needs root; else it is left out
and the report says so) is filled by adding points; reads go on, writes say why not, and go on after space was made.
"""

import argparse
import json
import os
import resource
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from serving import Server, ask

POINTS = [{"id": number, "vector": [number, 1.0], "payload": {"n": number}} for number in range(100)]


def new_collection(address, points):
    status, answer = ask(address, "PUT", "/collections/c", {"vectors": {"size": 2, "distance": "Dot"}})
    assert status == 200, answer
    status, answer = ask(address, "PUT", "/collections/c/points", {"points": points})
    assert status == 200, answer


def search(address):
    status, answer = ask(address, "POST", "/collections/c/points/query", {"query": [1.0, 0.0], "limit": 1})
    assert status == 200, answer
    return answer["result"]["points"][0]["id"]


def patient_search(address, seconds):
    """A search that is asked again while the server is full; how often it was turned away."""
    refused, until = 0, time.monotonic() + seconds
    while True:
        try:
            status, answer = ask(address, "POST", "/collections/c/points/query", {"query": [1.0, 0.0], "limit": 1})
        except (OSError, EOFError):
            # Closed without a word: so many are told why, more are not.
            status = 0
        if status == 200:
            assert answer["result"]["points"][0]["id"] == 99, answer
            return refused
        assert status in (0, 503), (status, answer)
        assert time.monotonic() < until, f"no answer within {seconds} s"
        refused += 1
        time.sleep(0.05)


def connections(count):
    """Opens so many silent connections, and asks while they are open and after that."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    assert most > count + 100, f"{most} open files are too few for {count} connections: raise `ulimit -n`"
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        new_collection(server.address, POINTS)
        before = server.resident_mib()
        host, port = server.address.rsplit(":", 1)
        began, open_now, failed = time.monotonic(), [], 0
        for _ in range(count):
            try:
                open_now.append(socket.create_connection((host, int(port)), timeout=10))
            except OSError:
                failed += 1
        opened_s = time.monotonic() - began
        during = server.resident_mib()
        told = closed = 0
        waiting = []
        for connection in open_now:
            connection.settimeout(0.001)
            try:
                answer = connection.recv(1000)
            except TimeoutError:
                waiting.append(connection)
                continue
            except ConnectionError:
                answer = b""
            if answer.startswith(b"HTTP/1.1 503"):
                told += 1
            else:
                assert answer == b"", answer
                closed += 1
        # The silent ones that the server holds are closed by it when their time for a head is over.
        refused = patient_search(server.address, 30)
        recovered_s = time.monotonic() - began - opened_s
        for connection in open_now:
            connection.close()
        assert search(server.address) == 99
        assert server.process.poll() is None
        return {
            "asked_for": count, "not_opened": failed, "told_503": told, "closed_without_a_word": closed, "held": len(waiting),
            "seconds_to_open": round(opened_s, 2), "refused_searches_until_one_was_answered": refused,
            "seconds_until_answered": round(recovered_s, 2), "resident_mib_before": round(before, 1),
            "resident_mib_during": round(during, 1), "resident_mib_after": round(server.resident_mib(), 1),
        }


@contextmanager
def small_disk(mib):
    """A file system of so many MiB; none where this process may not mount."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], capture_output=True)
        if done.returncode != 0:
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def full_disk(mib):
    """Fills the disk of an index by adding points, and makes room again."""
    with small_disk(mib) as disk:
        if disk is None:
            return None
        ballast = disk / "ballast"
        found = {"disk_mib": mib, "changes_made": 0, "refused": {}}

        def refused(what, method, path, body, status=507):
            got, answer = ask(address, method, path, body)
            assert got == status, (what, got, answer)
            found["refused"][what] = answer["status"]["error"]

        with Server(disk / "index") as server:
            address = server.address
            new_collection(address, POINTS)
            # Leaves 64 KiB, which the next changes use up.
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            ballast.write_bytes(bytes(max(0, free - (64 << 10))))
            text = "x" * 4000
            while True:
                number = 1000 + found["changes_made"]
                point = {"id": number, "vector": [-1.0, 1.0], "payload": {"text": text}}
                status, answer = ask(address, "PUT", "/collections/c/points", {"points": [point]})
                if status != 200:
                    assert status == 507 and "not made" in answer["status"]["error"], (status, answer)
                    found["refused"]["add points"] = answer["status"]["error"]
                    break
                found["changes_made"] += 1
            # Use up the rest, so that not even small files fit.
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            (disk / "rest").write_bytes(bytes(free))
            # More than what is left of the log's last page.
            refused("remove points", "POST", "/collections/c/points/delete", {"points": list(range(1000, 3000))})
            payload = {"payload": {"text": "y" * 8000}, "points": [1]}
            refused("change a payload", "POST", "/collections/c/points/payload", payload)
            refused("make a collection", "PUT", "/collections/d", {"vectors": {"size": 2, "distance": "Dot"}})
            refused("make an alias", "POST", "/collections/aliases", {"actions": [{"create_alias": {"collection_name": "c", "alias_name": "e"}}]})
            refused("make a snapshot", "POST", "/collections/c/snapshots", {})
            assert search(address) == 99
            status, answer = ask(address, "POST", "/collections/c/points/count", {})
            assert answer["result"]["count"] == 100 + found["changes_made"], answer
            assert ask(address, "GET", "/collections/d", None)[0] == 404
            # Room again: everything that was refused is made now.
            ballast.unlink()
            (disk / "rest").unlink()
            status, answer = ask(address, "PUT", "/collections/c/points", {"points": [{"id": 5000, "vector": [200.0, 1.0]}]})
            assert status == 200, answer
            status, answer = ask(address, "POST", "/collections/c/snapshots", {})
            assert status == 200, answer
            status, answer = ask(address, "PUT", "/collections/d", {"vectors": {"size": 2, "distance": "Dot"}})
            assert status == 200, answer
            assert search(address) == 5000
        # All of it is there after a restart.
        with Server(disk / "index") as server:
            status, answer = ask(server.address, "POST", "/collections/c/points/count", {})
            assert answer["result"]["count"] == 101 + found["changes_made"], answer
            status, answer = ask(server.address, "POST", "/collections/c/verify", {})
            assert answer["result"]["num_problems"] == 0, answer
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--disk-mib", type=int, default=4)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    found = {"connections": connections(arguments.connections), "full_disk": full_disk(arguments.disk_mib)}
    text = json.dumps(found, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
