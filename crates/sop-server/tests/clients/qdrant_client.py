#!/usr/bin/env python3
"""Drives a running server with the official `qdrant-client`, and validates its OpenAPI document.

    qdrant_client.py http://127.0.0.1:PORT [KEY]

Needs `qdrant-client`, `numpy` and `openapi-spec-validator`. Ends with 0 when everything is as it must be. The server may hold other
collections; those whose names begin with `client-` are made and removed here.
"""

import sys
import uuid
import warnings

# The folder of this script would otherwise stand before the package that is called as the script is.
sys.path.pop(0)

import httpx
import numpy as np
from openapi_spec_validator import validate
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

DIM = 8
POINTS = 60
NAME = "client-points"


def vectors(count, seed=1):
    drawn = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def refused(status, call, *words):
    """The call fails with this status, and its message has these words."""
    try:
        call()
    except UnexpectedResponse as error:
        text = error.content.decode()
        assert error.status_code == status, (error.status_code, text)
        for word in words:
            assert word in text, (word, text)
        return
    raise AssertionError(f"expected {status}")


def clean(client):
    for collection in client.get_collections().collections:
        if collection.name.startswith("client-"):
            client.delete_collection(collection.name)


def collections(client):
    assert not client.collection_exists(NAME)
    assert client.create_collection(NAME, vectors_config=models.VectorParams(size=DIM, distance=models.Distance.COSINE))
    assert client.collection_exists(NAME)
    assert NAME in [collection.name for collection in client.get_collections().collections]
    info = client.get_collection(NAME)
    assert info.status == models.CollectionStatus.GREEN, info
    assert info.points_count == 0, info
    assert info.config.params.vectors == models.VectorParams(size=DIM, distance=models.Distance.COSINE), info.config
    same = models.VectorParams(size=DIM, distance=models.Distance.COSINE)
    refused(409, lambda: client.create_collection(NAME, vectors_config=same), "already exists")
    refused(404, lambda: client.get_collection("client-none"), "doesn't exist")
    # What tunes a cluster is accepted, what would change results is refused.
    assert client.create_collection(
        "client-tuned",
        vectors_config=models.VectorParams(size=DIM, distance=models.Distance.DOT, on_disk=True),
        shard_number=2,
        replication_factor=1,
        on_disk_payload=True,
        hnsw_config=models.HnswConfigDiff(m=16),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=10),
    )
    for distance in (models.Distance.EUCLID, models.Distance.MANHATTAN):
        params = models.VectorParams(size=DIM, distance=distance)
        refused(422, lambda: client.create_collection("client-other", vectors_config=params), "Cosine", "Dot")
    refused(422, lambda: client.create_collection("client-other", vectors_config={"image": same}), "named vectors")
    sparse = {"text": models.SparseVectorParams()}
    refused(422, lambda: client.create_collection("client-other", vectors_config=same, sparse_vectors_config=sparse), "sparse")
    quantized = models.ScalarQuantization(scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8))
    refused(422, lambda: client.create_collection("client-other", vectors_config=same, quantization_config=quantized))
    assert not client.collection_exists("client-other")
    assert client.delete_collection("client-tuned")
    assert not client.delete_collection("client-tuned")


def upsert(client, drawn):
    points = [
        models.PointStruct(id=row, vector=drawn[row].tolist(), payload={"label": row % 3, "name": f"image {row}", "x": {"y": row / 2}})
        for row in range(POINTS // 2)
    ]
    result = client.upsert(NAME, points=points, wait=True)
    assert result.status == models.UpdateStatus.COMPLETED and result.operation_id is not None, result
    ids = [str(uuid.UUID(int=row)) for row in range(POINTS // 2, POINTS)]
    payloads = [{"label": row % 3, "name": f"image {row}"} for row in range(POINTS // 2, POINTS)]
    batch = models.Batch(ids=ids, vectors=drawn[POINTS // 2 :].tolist(), payloads=payloads)
    assert client.upsert(NAME, points=batch).status == models.UpdateStatus.COMPLETED
    assert client.count(NAME).count == POINTS
    assert client.get_collection(NAME).points_count == POINTS
    wrong = models.PointStruct(id=1, vector=[0.5] * (DIM + 1))
    refused(422, lambda: client.upsert(NAME, points=[wrong]), str(DIM), str(DIM + 1))
    zero = models.PointStruct(id=1, vector=[0.0] * DIM)
    refused(422, lambda: client.upsert(NAME, points=[zero]), "zero")
    named = models.PointStruct(id=1, vector={"image": [0.5] * DIM})
    refused(422, lambda: client.upsert(NAME, points=[named]), "named")
    # Nothing of a refused change is made.
    good = models.PointStruct(id=1000, vector=drawn[0].tolist())
    refused(422, lambda: client.upsert(NAME, points=[good, wrong]))
    assert client.retrieve(NAME, ids=[1000]) == []
    return list(range(POINTS // 2)) + ids


def retrieve(client, drawn, ids):
    records = client.retrieve(NAME, ids=[3, ids[40], 999], with_vectors=True)
    assert [record.id for record in records] == [3, ids[40]], records
    assert np.allclose(records[0].vector, drawn[3], atol=1e-6)
    assert records[0].payload == {"label": 0, "name": "image 3", "x": {"y": 1.5}}, records[0]
    (some,) = client.retrieve(NAME, ids=[3], with_payload=["label"])
    assert some.payload == {"label": 0} and some.vector is None, some
    (others,) = client.retrieve(NAME, ids=[3], with_payload=models.PayloadSelectorExclude(exclude=["name", "x"]))
    assert others.payload == {"label": 0}, others
    (bare,) = client.retrieve(NAME, ids=[3], with_payload=False)
    assert bare.payload is None, bare


def scroll(client, ids):
    seen, offset = [], None
    while True:
        records, offset = client.scroll(NAME, limit=7, offset=offset)
        seen += [record.id for record in records]
        if offset is None:
            break
    assert seen == ids, seen
    labelled = models.Filter(must=[models.FieldCondition(key="label", match=models.MatchValue(value=2))])
    records, offset = client.scroll(NAME, scroll_filter=labelled, limit=POINTS)
    assert [record.payload["label"] for record in records] == [2] * (POINTS // 3) and offset is None
    refused(422, lambda: client.scroll(NAME, limit=7, order_by="label"), "order_by")


def nearest(drawn, query, allowed):
    return sorted(allowed, key=lambda row: (-float(drawn[row].astype(np.float64) @ query), row))


def query(client, drawn, ids):
    vector = vectors(1, seed=2)[0]
    everything = range(POINTS)
    found = client.query_points(NAME, query=vector, limit=10, with_payload=True, with_vectors=True).points
    assert [hit.id for hit in found] == [ids[row] for row in nearest(drawn, vector, everything)[:10]], found
    assert all(abs(hit.score - float(drawn[ids.index(hit.id)] @ vector)) < 1e-6 for hit in found), found
    assert found[0].payload["name"] == f"image {ids.index(found[0].id)}" and len(found[0].vector) == DIM
    rest = client.query_points(NAME, query=vector, limit=5, offset=5).points
    assert [hit.id for hit in rest] == [hit.id for hit in found[5:]]
    exact = client.query_points(NAME, query=vector, search_params=models.SearchParams(exact=True, hnsw_ef=64)).points
    assert [hit.id for hit in exact] == [hit.id for hit in found]
    above = client.query_points(NAME, query=vector, score_threshold=found[3].score, limit=10).points
    assert [hit.id for hit in above] == [hit.id for hit in found[:4]], above
    for point in (5, ids[40]):
        row = ids.index(point)
        found = client.query_points(NAME, query=point, limit=4).points
        expected = [other for other in nearest(drawn, drawn[row], everything) if other != row][:4]
        assert [hit.id for hit in found] == [ids[other] for other in expected], found
    refused(404, lambda: client.query_points(NAME, query=999), "999")
    refused(422, lambda: client.query_points(NAME, query=[1.0] * 3), "3", str(DIM))
    refused(422, lambda: client.query_points(NAME, query=vector, limit=0), "limit")
    refused(422, lambda: client.query_points(NAME, query=vector, limit=10**9), "limit")
    refused(422, lambda: client.query_points(NAME, query=vector, using="image"), "named")
    refused(422, lambda: client.query_points(NAME, query=models.RecommendQuery(recommend=models.RecommendInput(positive=[1]))), "recommend")
    refused(422, lambda: client.query_points(NAME, prefetch=models.Prefetch(query=vector.tolist()), query=vector), "prefetch")
    listed = client.query_points(NAME, limit=3, offset=1).points
    assert [hit.id for hit in listed] == ids[1:4], listed
    answers = client.query_batch_points(
        NAME,
        requests=[
            models.QueryRequest(query=vector.tolist(), limit=2),
            models.QueryRequest(query=7, limit=3, with_payload=True),
            models.QueryRequest(query=models.NearestQuery(nearest=vector.tolist()), limit=1),
        ],
    )
    assert [len(answer.points) for answer in answers] == [2, 3, 1]
    assert answers[0].points[0].id == answers[2].points[0].id
    assert client.query_batch_points(NAME, requests=[]) == []


def filters(client, drawn, ids):
    vector = vectors(1, seed=3)[0]
    field = models.FieldCondition
    cases = {
        "value": (models.Filter(must=[field(key="label", match=models.MatchValue(value=1))]), lambda row: row % 3 == 1),
        "any": (models.Filter(must=[field(key="label", match=models.MatchAny(any=[0, 2]))]), lambda row: row % 3 != 1),
        "except": (models.Filter(must=[field(key="label", match=models.MatchExcept(**{"except": [0]}))]), lambda row: row % 3 != 0),
        "text": (models.Filter(must=[field(key="name", match=models.MatchValue(value="image 17"))]), lambda row: row == 17),
        "must_not": (models.Filter(must_not=[field(key="label", match=models.MatchValue(value=1))]), lambda row: row % 3 != 1),
        "range": (models.Filter(must=[field(key="x.y", range=models.Range(gte=4, lt=10.5))]), lambda row: 8 <= row < 21),
        "should": (
            models.Filter(should=[field(key="label", match=models.MatchValue(value=1)), models.HasIdCondition(has_id=[0, ids[45]])]),
            lambda row: row % 3 == 1 or row in (0, 45),
        ),
        "nested": (
            models.Filter(
                must=[models.Filter(should=[field(key="label", match=models.MatchValue(value=0))])],
                must_not=[models.IsEmptyCondition(is_empty=models.PayloadField(key="x"))],
            ),
            lambda row: row % 3 == 0 and row < POINTS // 2,
        ),
        "min_should": (
            models.Filter(
                min_should=models.MinShould(
                    conditions=[field(key="label", match=models.MatchValue(value=1)), field(key="x.y", range=models.Range(lt=5))],
                    min_count=2,
                )
            ),
            lambda row: row % 3 == 1 and row < 10,
        ),
        "none": (models.Filter(must=[field(key="label", match=models.MatchValue(value=77))]), lambda _: False),
    }
    for name, (query_filter, passes) in cases.items():
        allowed = [row for row in range(POINTS) if passes(row)]
        found = client.query_points(NAME, query=vector, query_filter=query_filter, limit=POINTS).points
        assert [hit.id for hit in found] == [ids[row] for row in nearest(drawn, vector, allowed)], name
        assert client.count(NAME, count_filter=query_filter).count == len(allowed), name
    deep = models.Filter(must=[models.FieldCondition(key="label", match=models.MatchValue(value=1))])
    for _ in range(40):
        deep = models.Filter(must=[deep])
    refused(422, lambda: client.query_points(NAME, query=vector, query_filter=deep), "within each other")
    geo = models.Filter(must=[field(key="x", geo_radius=models.GeoRadius(center=models.GeoPoint(lon=1, lat=1), radius=2))])
    refused(422, lambda: client.query_points(NAME, query=vector, query_filter=geo), "geo_radius")


def payloads(client):
    point = [2]
    get = lambda: client.retrieve(NAME, ids=point)[0].payload
    client.set_payload(NAME, payload={"mark": [1, 2], "label": 9}, points=point)
    assert get() == {"label": 9, "name": "image 2", "x": {"y": 1.0}, "mark": [1, 2]}, get()
    client.delete_payload(NAME, keys=["mark", "none"], points=point)
    assert get() == {"label": 9, "name": "image 2", "x": {"y": 1.0}}, get()
    client.overwrite_payload(NAME, payload={"label": 2}, points=point)
    assert get() == {"label": 2}, get()
    client.clear_payload(NAME, points_selector=models.PointIdsList(points=point))
    assert get() in ({}, None), get()
    client.overwrite_payload(NAME, payload={"label": 2, "name": "image 2", "x": {"y": 1.0}}, points=point)
    by_filter = models.Filter(must=[models.FieldCondition(key="label", match=models.MatchValue(value=0))])
    client.set_payload(NAME, payload={"zero": True}, points=by_filter)
    marked = models.Filter(must=[models.FieldCondition(key="zero", match=models.MatchValue(value=True))])
    assert client.count(NAME, count_filter=marked).count == POINTS // 3
    client.delete_payload(NAME, keys=["zero"], points=marked)
    assert client.count(NAME, count_filter=marked).count == 0
    refused(422, lambda: client.set_payload(NAME, payload={"a": 1}, points=point, key="x"), "key")
    facet = client.facet(NAME, key="label")
    assert [(hit.value, hit.count) for hit in facet.hits] == [(label, POINTS // 3) for label in range(3)], facet
    name = models.Filter(must=[models.FieldCondition(key="label", match=models.MatchValue(value=1))])
    assert len(client.facet(NAME, key="name", facet_filter=name, limit=4).hits) == 4
    assert client.create_payload_index(NAME, field_name="label", field_schema=models.PayloadSchemaType.INTEGER).status
    assert client.delete_payload_index(NAME, field_name="label").status
    results = client.batch_update_points(
        NAME,
        update_operations=[
            models.UpsertOperation(upsert=models.PointsList(points=[models.PointStruct(id="a/b c", vector=[1.0] + [0.0] * (DIM - 1))])),
            models.SetPayloadOperation(set_payload=models.SetPayload(payload={"k": 1}, points=["a/b c"])),
            models.DeleteOperation(delete=models.PointIdsList(points=["a/b c"])),
        ],
    )
    assert [result.status for result in results] == [models.UpdateStatus.COMPLETED] * 3, results
    assert client.count(NAME).count == POINTS


def aliases(client):
    create = lambda collection, alias: models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=collection, alias_name=alias)
    )
    client.update_collection_aliases(change_aliases_operations=[create(NAME, "client-alias")])
    assert client.count("client-alias").count == POINTS
    pairs = [(alias.alias_name, alias.collection_name) for alias in client.get_aliases().aliases]
    assert ("client-alias", NAME) in pairs, pairs
    (own,) = client.get_collection_aliases(NAME).aliases
    assert own.alias_name == "client-alias"
    # An encoder is swapped: the alias moves to the other collection.
    client.create_collection("client-second", vectors_config=models.VectorParams(size=DIM, distance=models.Distance.DOT))
    client.update_collection_aliases(change_aliases_operations=[create("client-second", "client-alias")])
    assert client.count("client-alias").count == 0
    refused(404, lambda: client.update_collection_aliases(change_aliases_operations=[create("client-none", "client-b")]))
    rename = models.RenameAliasOperation(rename_alias=models.RenameAlias(old_alias_name="client-alias", new_alias_name="client-c"))
    client.update_collection_aliases(change_aliases_operations=[rename])
    delete = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="client-c"))
    client.update_collection_aliases(change_aliases_operations=[delete])
    assert client.get_collection_aliases("client-second").aliases == []
    client.delete_collection("client-second")


def deletion(client):
    client.delete(NAME, points_selector=models.PointIdsList(points=[0, 12345]))
    assert client.retrieve(NAME, ids=[0]) == [] and client.count(NAME).count == POINTS - 1
    labelled = models.Filter(must=[models.FieldCondition(key="label", match=models.MatchValue(value=1))])
    client.delete(NAME, points_selector=models.FilterSelector(filter=labelled))
    assert client.count(NAME).count == POINTS - 1 - POINTS // 3


def snapshots(client, base, headers):
    before = client.count(NAME).count
    made = client.create_snapshot(NAME)
    assert made.size > 0 and made.name, made
    assert made.name in [snapshot.name for snapshot in client.list_snapshots(NAME)]
    content = httpx.get(f"{base}/collections/{NAME}/snapshots/{made.name}", headers=headers)
    assert content.status_code == 200 and len(content.content) == made.size, content
    client.delete(NAME, points_selector=models.PointIdsList(points=[2, 3]))
    assert client.recover_snapshot(NAME, location=made.name)
    assert client.count(NAME).count == before
    upload = {"snapshot": (made.name, content.content)}
    answer = httpx.post(f"{base}/collections/client-restored/snapshots/upload", files=upload, headers=headers)
    assert answer.status_code == 200 and answer.json()["result"] is True, answer.text
    assert client.count("client-restored").count == before
    refused(422, lambda: client.recover_snapshot(NAME, location="http://127.0.0.1:1/x.snapshot"), "network")
    refused(404, lambda: client.recover_snapshot(NAME, location="no-such-snapshot"))
    refused(404, lambda: client.delete_snapshot(NAME, snapshot_name="no-such-snapshot"))
    assert client.delete_snapshot(NAME, snapshot_name=made.name)
    assert client.list_snapshots(NAME) == []


def uploading(client):
    """The client's own way to add many points."""
    drawn = vectors(500, seed=5)
    client.create_collection("client-many", vectors_config=models.VectorParams(size=DIM, distance=models.Distance.COSINE))
    client.upload_collection("client-many", vectors=drawn, ids=list(range(500)), batch_size=64, wait=True)
    assert client.count("client-many").count == 500
    found = client.query_points("client-many", query=drawn[77], limit=1).points
    assert found[0].id == 77 and abs(found[0].score - 1) < 1e-6, found


def document(base, headers):
    api = httpx.get(f"{base}/openapi.json", headers=headers).json()
    validate(api)
    routes = {(method, path) for path, item in api["paths"].items() for method in item}
    for route in [
        ("get", "/collections"),
        ("put", "/collections/{c}"),
        ("put", "/collections/{c}/points"),
        ("post", "/collections/{c}/points/query"),
        ("post", "/collections/{c}/points/query/batch"),
        ("post", "/collections/{c}/snapshots"),
        ("get", "/metrics"),
    ]:
        assert route in routes, route
    assert httpx.get(f"{base}/docs", headers=headers).headers["content-type"].startswith("text/html")
    title = httpx.get(f"{base}/", headers=headers).json()
    assert title["version"].count(".") == 2, title


def main():
    base = sys.argv[1].rstrip("/")
    key = sys.argv[2] if len(sys.argv) > 2 else None
    headers = {"api-key": key} if key else {}
    # A warning of the client, such as one about versions, is a fault of the server.
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
    client = QdrantClient(url=base, api_key=key, timeout=30)
    clean(client)
    drawn = vectors(POINTS)
    collections(client)
    ids = upsert(client, drawn)
    retrieve(client, drawn, ids)
    scroll(client, ids)
    query(client, drawn, ids)
    filters(client, drawn, ids)
    payloads(client)
    aliases(client)
    deletion(client)
    snapshots(client, base, headers)
    uploading(client)
    document(base, headers)
    clean(client)
    print("the official client agrees")


if __name__ == "__main__":
    main()
