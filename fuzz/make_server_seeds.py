"""Writes small well-formed inputs for the targets of collections and the server into fuzz/corpus/<target>, from which the fuzzer starts.

Needs pyarrow and numpy; run from the repository's root. What the bytes mean is said in fuzz/fuzz_targets/<target>.rs.
"""
import base64
import hashlib
import io
import json
import pathlib
import struct
import tarfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FUZZ = pathlib.Path(__file__).parent


def put(target, name, content):
    path = FUZZ / "corpus" / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


# ---- filters

FILTERS = {
    "match": {"must": [{"key": "a", "match": {"value": "x"}}]},
    "any": {"should": [{"key": "a", "match": {"any": [1, 2]}}, {"key": "a.b", "match": {"except": ["x"]}}]},
    "range": {"must_not": {"key": "a[]", "range": {"gt": 0, "gte": None, "lt": 1e300, "lte": 2.5}}},
    "id": {"must": [{"has_id": [1, "text 3"]}, {"is_empty": {"key": "a"}}, {"is_null": {"key": "a"}}]},
    "least": {"min_should": {"conditions": [{"key": "label", "match": {"value": 1}}, {"must": []}], "min_count": 1}},
    "nested": {"must": [{"should": [{"must_not": [{"key": "a.b.c.d.e", "match": {"value": 7}}]}]}]},
}
for name, value in FILTERS.items():
    put("filter", name, compact(value))

# ---- the log: bodies of records, as in crates/sop-collection/src/log/change.rs


def text(value):
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw


def key(value):
    return b"\x00" + struct.pack("<Q", value) if isinstance(value, int) else b"\x02" + text(value)


def keys(*values):
    return struct.pack("<I", len(values)) + b"".join(key(value) for value in values)


def upsert(*rows):
    heads = b"".join(key(name) + text(payload) for name, payload, _ in rows)
    vectors = b"".join(struct.pack(f"<{len(vector)}f", *vector) for _, _, vector in rows)
    return b"\x01" + struct.pack("<I", len(rows)) + heads + vectors


ADD = upsert((1, "", (1.0, 2.0)), ("x", '{"a":1,"label":2}', (-3.0, 0.5)), (7, '{"a":{"b":["y"]}}', (0.0, 4.0)))
CHANGES = {
    "add": [ADD],
    "replace": [ADD, upsert((7, "", (9.0, 9.0)))],
    "delete": [ADD, b"\x02" + keys(1, "x", 5)],
    "set": [ADD, b"\x03" + keys(1, "x") + text('{"label":3,"b":null}')],
    "overwrite": [ADD, b"\x04" + keys(7) + text('{"c":[1,2]}')],
    "keys": [ADD, b"\x05" + keys("x") + text('["a","label"]'), b"\x06" + keys(7) + text("")],
}
for name, bodies in CHANGES.items():
    records = b"".join(struct.pack("<H", len(body)) + body for body in bodies)
    # Two components; decoded alone, and written again.
    put("collection_log", name, b"\x01" + records)
    put("collection_log", f"{name}-again", b"\x09" + records)


def whole_log(bodies, dim=2):
    header = b"SOP-LOG\n" + struct.pack("<II", 1, dim) + b"\xab" * 16 + struct.pack("<QQ", 1, 5)
    header = header.ljust(60, b"\0")
    log = header + struct.pack("<I", zlib.crc32(header))
    for number, body in enumerate(bodies, 6):
        head = struct.pack("<IIQ", len(body), zlib.crc32(body), number)
        log += head + struct.pack("<I", zlib.crc32(head)) + body
    return log


put("collection_log", "as-it-is", b"\x0d" + whole_log(CHANGES["keys"]))

# ---- points, with snapshots of them


def points(rows, compression):
    ids = [name for name, _, _ in rows]
    vectors = pa.FixedSizeListArray.from_arrays(
        pa.array(np.array([vector for _, _, vector in rows], dtype=np.float32).ravel()), 2
    )
    table = pa.table(
        {
            "id": pa.array(ids),
            "label": pa.array([None] * len(rows), pa.int32()),
            "embedding": vectors,
            "payload": pa.array([payload or None for _, payload, _ in rows]),
            "id_is_number": pa.array([name.isdigit() for name in ids]),
            "version": pa.array(range(1, len(rows) + 1), pa.int64()),
        }
    )
    out = io.BytesIO()
    # Plain pages, which the fuzzer can change in place.
    pq.write_table(table, out, compression=compression, use_dictionary=False, write_statistics=False, store_schema=False)
    return out.getvalue()


ROWS = [("1", "", (1.0, 2.0)), ("x", '{"a":1,"label":2}', (-3.0, 0.5)), ("7", '{"a":{"b":["y"]}}', (0.0, 4.0))]
for compression in ["none", "snappy", "zstd", "gzip", "lz4"]:
    put("collection_points", compression, bytes([1 | len(ROWS) << 2]) + points(ROWS, compression))

CONFIG = {"dim": 2, "distance": "Dot", "graph": "own"}
ORIGIN = {"encoder": "e", "encoder_sha256": "0" * 64, "feature": "cls", "transform": "t", "data": "folder:x", "class_names": ["c"]}
for name, config in [("plain", CONFIG), ("origin", {**CONFIG, "origin": ORIGIN, "distance": "Cosine"})]:
    manifest = {"format": 1, "config": config, "points": len(ROWS), "last_change": 5, "file": None}
    put("snapshot", name, b"j" + compact(manifest) + b"\n" + points(ROWS, "none"))
    put("snapshot", f"{name}-empty", b"j" + compact({**manifest, "points": 0}) + b"\n")

# A whitening from three components to two, as fuzz/src/collections.rs has it.
WHITENING = b"SOPWHT1\n" + struct.pack("<II", 3, 2) + struct.pack("<9d", *range(1, 10))
WHITENED = {
    **CONFIG,
    "whitening": {"embedding_dim": 3, "covariance": "uncentred", "fitted_on": 9, "sha256": hashlib.sha256(WHITENING).hexdigest()},
}


def archive(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


manifest = {"format": 1, "config": WHITENED, "points": 0, "last_change": 5, "file": None}
put("snapshot", "whitened", b"t" + archive([("snapshot.json", compact(manifest)), ("whitening.bin", WHITENING)]))

# ---- collection.json, aliases.json

manifest = {
    "format": 1, "id": "ab" * 16, "config": CONFIG, "generation": 1, "points": 0, "points_crc32": 0, "last_change": 5,
}
put("collection_json", "plain", b"c" + compact(manifest))
put("collection_json", "origin", b"c" + compact({**manifest, "config": {**CONFIG, "origin": ORIGIN}}))
put("collection_json", "whitened", b"c" + compact({**manifest, "config": WHITENED}))
put("collection_json", "aliases", b"a" + compact({"x": "fuzzed", "y": "gone"}))

# ---- graphs, as in crates/sop-index/src/graph/bytes.rs


def graph(rows, degree, entries, neighbors):
    record = lambda some: struct.pack(f"<{degree}I", *(some + [0xFFFFFFFF] * degree)[:degree])
    head = b"sopgraph" + struct.pack("<I", 2) + b"\x07" * 32 + struct.pack("<IIIf", 0, degree, max(degree, 9), 1.1)
    cells = (rows + 4) // 5
    body = head + struct.pack("<QII", rows, len(entries), cells) + struct.pack(f"<{len(entries)}I", *entries)
    body += b"".join(record([other for other in entries if other != row]) for row in entries)
    body += b"".join(record(neighbors(row)) for row in range(rows))
    body += struct.pack(f"<{rows}I", *(row * 7 % cells for row in range(rows)))
    return body + struct.pack("<I", zlib.crc32(body))


for rows, degree, entries in [(0, 4, []), (1, 4, [0]), (12, 4, [0, 5]), (60, 4, [0, 7, 31]), (40, 5, [3])]:
    around = lambda row: sorted({(row + step) % rows for step in (1, 2, rows - 1, rows // 2)} - {row})
    put("graph_bytes", f"{rows}-{degree}", b"\x02" + graph(rows, degree, entries, around))
    put("graph_bytes", f"{rows}-{degree}-one-way", b"\x02" + graph(rows, degree, entries, lambda row: [row - 1] if row else []))
    put("graph_bytes", f"{rows}-{degree}-as-it-is", b"\x0a" + graph(rows, degree, entries, around))

# ---- requests

ROUTES = [line.rsplit("{}", 1)[0] for line in (FUZZ / "routes.txt").read_text().splitlines()]
TYPES = [line.rsplit("{}", 1)[1].strip() for line in (FUZZ / "routes.txt").read_text().splitlines()]
BETWEEN = b"\n\xff\xfe\n"


def request(route, body=b"", rest=""):
    place = ROUTES.index(route) if isinstance(route, str) else route
    body = body if isinstance(body, bytes) else compact(body)
    return bytes([place]) + rest.encode() + b"\n" + body


def form(fields):
    parts = []
    for name, content in fields.items():
        kind = "\r\ncontent-type: image/png" if name == "image" else ""
        file = '; filename="f"' if name in ("image", "snapshot") else ""
        head = f'--x\r\ncontent-disposition: form-data; name="{name}"{file}{kind}\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + b"--x--\r\n"


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
PNG += chunk(b"IDAT", zlib.compress(b"\0\1\2\0\3\4")) + chunk(b"IEND", b"")
PPM = b"P6 2 1 255\n" + bytes(range(6))
URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
A = "/collections/a"
POINTS = {"points": [{"id": 1, "vector": [0.5, 2], "payload": {"label": 1}}, {"id": "p/1", "vector": [1, 1], "payload": None}]}
BATCH = {"batch": {"ids": [1, "b"], "vectors": [[1, 0], [0, 1]], "payloads": [{"a": 1}, None]}}
SEARCH = {
    "query": [1, 2], "limit": 3, "offset": 1, "filter": FILTERS["any"], "params": {"hnsw_ef": 8, "exact": False},
    "score_threshold": -1, "with_payload": {"include": ["label"]}, "with_vector": True,
}
OPERATIONS = [
    {"upsert": POINTS}, {"delete": {"points": [0]}}, {"set_payload": {"payload": {"x": 1}, "points": [2]}},
    {"overwrite_payload": {"payload": {}, "filter": FILTERS["match"]}}, {"delete_payload": {"keys": ["label"], "points": [4]}},
    {"clear_payload": {"points": [6]}},
]
CREATE = {"vectors": {"size": 2, "distance": "Cosine", "on_disk": True}, "sop": {"graph": "own"}, "shard_number": 1}
ACTIONS = [
    {"create_alias": {"collection_name": "a", "alias_name": "z"}},
    {"rename_alias": {"old_alias_name": "z", "new_alias_name": "y"}}, {"delete_alias": {"alias_name": "y"}},
]
REQUESTS = {
    "upsert": [request("PUT /collections/a/points", POINTS, "?wait=true")],
    "upsert-batch": [request("PUT /collections/a/points", BATCH)],
    "query": [request(f"POST {A}/points/query", SEARCH, "?timeout=5")],
    "query-id": [request(f"POST {A}/points/query", {"query": "p/1", "with_payload": ["label"]})],
    "query-near": [request(f"POST {A}/points/query", {"query": {"nearest": 2}, "with_payload": {"exclude": ["n"]}})],
    "query-random": [request(f"POST {A}/points/query", {"query": {"sample": "random"}, "filter": FILTERS["nested"]})],
    "batch": [request(f"POST {A}/points/query/batch", {"searches": [SEARCH, {"query": 2}, {}]})],
    "scroll": [request(f"POST {A}/points/scroll", {"limit": 2, "offset": "p/1", "filter": FILTERS["range"]})],
    "count": [request(f"POST {A}/points/count", {"filter": FILTERS["id"], "exact": True})],
    "facet": [request(f"POST {A}/facet", {"key": "n.deep[]", "limit": 3})],
    "retrieve": [request(f"POST {A}/points", {"ids": [0, "p/1", "0"], "with_vector": True})],
    "delete": [request(f"POST {A}/points/delete", {"points": [0, "p/3"]}), request(f"POST {A}/points/count", {})],
    "delete-filter": [request(f"POST {A}/points/delete", {"filter": FILTERS["least"]})],
    "payload": [request(f"POST {A}/points/payload", {"payload": {"label": "x"}, "points": [0]})],
    "payload-whole": [request(f"PUT {A}/points/payload", {"payload": {"b": [1]}, "filter": {}})],
    "payload-keys": [request(f"POST {A}/points/payload/delete", {"keys": ["label"], "points": [2]})],
    "payload-clear": [request(f"POST {A}/points/payload/clear", {"points": [2]})],
    "operations": [request(f"POST {A}/points/batch", {"operations": OPERATIONS})],
    "export": [request(f"POST {A}/export", {"ids": [0, "p/1"]})],
    "verify": [request(f"POST {A}/verify", {"queries": 3, "k": 2, "hnsw_ef": 9, "files": True, "repair": False})],
    "index": [request(f"PUT {A}/index", {"field_name": "label", "field_schema": "integer"})],
    "create": [request("PUT /collections/", CREATE, "b"), request("GET /collections/", b"", "b"), request("DELETE /collections/", b"", "b")],
    "create-origin": [request("PUT /collections/", {**CREATE, "sop": {"origin": ORIGIN}}, "b")],
    "aliases": [request("POST /collections/aliases", {"actions": ACTIONS})],
    "point": [request(f"GET {A}/points/", b"", "p%2F1")],
    "image-of": [request(f"GET {A}/points/", b"", "0/image?size=16")],
    "index-gone": [request(f"DELETE {A}/index/", b"", "label")],
    "snapshot": [request(f"POST {A}/snapshots"), request(f"GET {A}/snapshots/"), request(f"PUT {A}/snapshots/recover", {"location": "a/x"})],
    "snapshot-gone": [request(f"GET {A}/snapshots/", b"", "..%2fx"), request(f"DELETE {A}/snapshots/", b"", "x")],
    "upload": [request("POST /collections/b/snapshots/upload", form({"snapshot": b"x" * 40}))],
    "add-image": [request("PUT /collections/images/points/image", form({"image": PNG, "id": b"7", "payload": b'{"a":1}'}))],
    "query-image": [request("POST /collections/images/points/query/image", form({"image": PPM, "limit": b"3", "filter": compact(FILTERS["match"])}))],
    "query-bare": [request(29, PNG, "?limit=2&with_payload=true")],
    "embeddings": [request("POST /v1/embeddings", {"model": "means", "input": [URI], "encoding_format": "base64", "dimensions": 2})],
    "embeddings-url": [request("POST /v1/embeddings", {"model": "means", "input": {"type": "image_url", "image_url": {"url": URI}}})],
    "other": [request("GET /", b"", "metrics"), request("GET /", b"", "openapi.json"), request("POST /", {}, "x/../y")],
}
assert ROUTES[29].endswith("/query/image") and TYPES[29] == "image/png"
for name, requests in REQUESTS.items():
    put("server_request", name, BETWEEN.join(requests))
