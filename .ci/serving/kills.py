"""Kills the server while many clients add points, and looks at what is there afterwards.

Every change that was acknowledged must be there, and of one that was not, all or nothing.

    .ci/serving/kills.py --kills 50 --out reports/2026-11-30-serving/kills.json
"""

import argparse
import asyncio
import random
import subprocess
import tempfile
import time
from pathlib import Path

from serving import Connection, Server, ask, binary, give

DIM = 16
BATCH = 3
CLIENTS = 1000


def vector(point):
    """The vector of a point: whoever knows the id knows what must be there. Dot product keeps it as it is."""
    rng = random.Random(point)
    return [rng.randrange(-512, 512) / 16 for _ in range(DIM)]


def points(change):
    """The points that one change adds."""
    ids = [change * BATCH + place for place in range(BATCH)]
    return [{"id": point, "vector": vector(point), "payload": {"change": change, "text": "x" * (point % 50)}} for point in ids]


async def client(address, changes, acknowledged, sent):
    connection = Connection(address)
    while True:
        change = next(changes)
        sent.add(change)
        try:
            status, answer = await connection.ask("PUT", "/collections/c/points?wait=true", {"points": points(change)})
        except (OSError, asyncio.IncompleteReadError):
            return
        if status == 200:
            acknowledged.add(change)
        elif status not in (429, 503):
            raise SystemExit(f"status {status}: {answer}")
        else:
            await asyncio.sleep(0.02)


async def add_until_killed(server, changes, acknowledged, sent, seconds):
    clients = [asyncio.create_task(client(server.address, changes, acknowledged, sent)) for _ in range(CLIENTS)]
    await asyncio.sleep(seconds)
    server.kill()
    await asyncio.gather(*clients)


def check(address, acknowledged, sent):
    """Holds what is there against what was acknowledged and sent; returns how many points there are, and how many acknowledged changes
    are lost and changes there in part: none, or this fails."""
    there, offset = {}, None
    while True:
        body = {"limit": 1000, "with_payload": True, "with_vector": True}
        if offset is not None:
            body["offset"] = offset
        status, answer = ask(address, "POST", "/collections/c/points/scroll", body)
        assert status == 200, answer
        there.update({record["id"]: record for record in answer["result"]["points"]})
        offset = answer["result"]["next_page_offset"]
        if offset is None:
            break
    changes = {point // BATCH for point in there}
    lost = acknowledged - changes
    assert not lost, f"{len(lost)} acknowledged changes are lost, the first: {min(lost)}"
    in_part = [change for change in changes if any(point["id"] not in there for point in points(change))]
    assert not in_part, f"{len(in_part)} changes are there in part, the first: {min(in_part)}"
    foreign = changes - sent
    assert not foreign, f"changes that nobody sent: {sorted(foreign)[:5]}"
    for change in changes:
        for point in points(change):
            found = there[point["id"]]
            assert found["vector"] == point["vector"] and found["payload"] == point["payload"], f"point {point['id']} is another"
    status, answer = ask(address, "POST", "/collections/c/points/count", {"exact": True})
    assert answer["result"]["count"] == len(there), answer
    return len(there), len(lost), len(in_part)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    acknowledged, sent = set(), set()
    changes = iter(range(1 << 40))
    started = time.monotonic()
    restarts = []
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        with Server(index) as server:
            status, answer = ask(server.address, "PUT", "/collections/c", {"vectors": {"size": DIM, "distance": "Dot"}})
            assert status == 200, answer
        for kill in range(arguments.kills):
            with Server(index) as server:
                asyncio.run(add_until_killed(server, changes, acknowledged, sent, rng.uniform(0.2, 1.2)))
            opening = time.monotonic()
            with Server(index) as server:
                restarts.append(time.monotonic() - opening)
                count, lost, in_part = check(server.address, acknowledged, sent)
            print(f"kill {kill + 1}: {len(acknowledged)} changes acknowledged of {len(sent)} sent, {count} points, all right", flush=True)
        verified = subprocess.run([binary(), "index", "verify", "--index", index, "--collection", "c", "--json"], capture_output=True, text=True)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    result = {
        "kills": arguments.kills,
        "clients": CLIENTS,
        "changes_sent": len(sent),
        "changes_acknowledged": len(acknowledged),
        "points": count,
        "acknowledged_changes_lost": lost,
        "changes_in_part": in_part,
        "slowest_restart_seconds": round(max(restarts), 2),
        "seconds": round(time.monotonic() - started, 1),
    }
    give(result, arguments.out)


if __name__ == "__main__":
    main()
