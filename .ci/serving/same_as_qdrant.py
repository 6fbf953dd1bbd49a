"""The same random calls against `sop serve` and against the official client's own implementation of Qdrant (`:memory:`): their answers
must be the same. What differs on purpose is not drawn, and is listed in crates/sop-server/README.md.

    PYTHON_WITH_QDRANT_CLIENT .ci/serving/same_as_qdrant.py [--seed N] [--histories N]
"""

import argparse
import random
import tempfile
import uuid
import warnings
from pathlib import Path

import numpy
from qdrant_client import QdrantClient, models
from serving import Server

DIM = 8
KEYS = ["a", "b", "label", "tags", "c.d", "deep"]
PATHS = ["a", "b", "label", "tags", "tags[]", "tags[1]", '"c.d"', "deep", "deep.x", "deep.x.y", "list[].x", "list[].x[]", "list[0].x", "none", "a.none", "list.x"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--histories", type=int, default=40)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Local mode is not recommended")
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "index") as server:
        served, local = QdrantClient(server.url, timeout=60), QdrantClient(":memory:")
        compared = 0
        for history in range(arguments.seed, arguments.seed + arguments.histories):
            compared += History(random.Random(history), history, served, local).run()
    print(f"{compared} answers of {arguments.histories} histories are the same")


class History:
    """Changes of one collection and questions after each, made of one seed."""

    def __init__(self, draw, number, served, local):
        self.draw, self.number, self.clients, self.compared = draw, number, (served, local), 0
        self.name = f"history-{number}"
        self.numpy = numpy.random.default_rng(number)
        # Ids that Qdrant takes: numbers, and UUIDs as it writes them.
        self.ids = [*range(12), 2**63 + 5, *(str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(12))]

    def run(self):
        distance = self.draw.choice([models.Distance.COSINE, models.Distance.DOT])
        params = models.VectorParams(size=DIM, distance=distance)
        self.same("create", lambda client: client.create_collection(self.name, vectors_config=params))
        for _ in range(self.draw.randint(3, 8)):
            self.change()
            for _ in range(12):
                self.ask()
        self.clients[0].delete_collection(self.name)
        self.clients[1].delete_collection(self.name)
        return self.compared

    def same(self, what, call):
        """Holds the answer of one against the other's, refusals included."""
        answers = []
        for client in self.clients:
            try:
                answers.append(plain(call(client)))
            except Exception as error:  # the two have nothing of their errors in common but that they are errors
                answers.append(Refused(error))
        self.compared += 1
        if not alike(*answers):
            raise SystemExit(f"history {self.number}, {what}:\n  sop     {answers[0]}\n  Qdrant  {answers[1]}")
        return answers[0]

    # What is drawn.

    def scalar(self):
        return self.draw.choice([None, True, False, -1, 0, 1, 2, 3, 2**53 + 1, 0.5, 1.5, -2.25, "", "x", "y", "xy"])

    def value(self):
        kind = self.draw.random()
        if kind < 0.5:
            return self.scalar()
        if kind < 0.7:
            return [self.scalar() for _ in range(self.draw.randint(0, 3))]
        if kind < 0.8:
            return [[self.scalar() for _ in range(self.draw.randint(0, 2))] for _ in range(self.draw.randint(0, 2))]
        return {"x": self.scalar() if self.draw.random() < 0.5 else {"y": self.scalar()}}

    def payload(self):
        payload = {key: self.value() for key in self.draw.sample(KEYS, self.draw.randint(0, 4))}
        if self.draw.random() < 0.4:
            payload["list"] = [{"x": self.value()} for _ in range(self.draw.randint(0, 3))]
        return payload

    def vector(self):
        return self.numpy.standard_normal(DIM).astype(numpy.float32).tolist()

    def some_ids(self, most=6):
        return self.draw.sample(self.ids, self.draw.randint(1, most))

    def condition(self, depth):
        key = self.draw.choice(PATHS)
        kind = self.draw.randint(0, 9 if depth else 8)
        if kind <= 1:
            # Floats match nothing in Qdrant, and match equal numbers here.
            return models.FieldCondition(key=key, match=models.MatchValue(value=self.draw.choice([True, False, -1, 0, 1, 2, 2**53 + 1, "", "x", "xy"])))
        if kind <= 3:
            values = self.draw.choice([["x", "y", ""], [0, 1, 2], ["xy"], [2**53 + 1, -1]])
            values = self.draw.sample(values, self.draw.randint(1, len(values)))
            test = models.MatchAny(any=values) if kind == 2 else models.MatchExcept(**{"except": values})
            return models.FieldCondition(key=key, match=test)
        if kind == 4:
            bounds = self.draw.sample(["gt", "gte", "lt", "lte"], self.draw.randint(1, 2))
            return models.FieldCondition(key=key, range=models.Range(**{bound: self.draw.choice([-2.25, 0, 1, 1.5, 2]) for bound in bounds}))
        if kind == 5:
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
        if kind == 6:
            return models.IsNullCondition(is_null=models.PayloadField(key=key))
        if kind == 7:
            return models.FieldCondition(key=key, **{self.draw.choice(["is_empty", "is_null"]): self.draw.choice([True, False])})
        if kind == 8:
            return models.HasIdCondition(has_id=self.some_ids())
        return self.filter(depth - 1)

    def filter(self, depth=2):
        clauses = {}
        for clause in ["must", "should", "must_not"]:
            if self.draw.random() < 0.5:
                clauses[clause] = [self.condition(depth) for _ in range(self.draw.randint(0, 3))]
        if self.draw.random() < 0.3:
            conditions = [self.condition(depth) for _ in range(self.draw.randint(1, 4))]
            clauses["min_should"] = models.MinShould(conditions=conditions, min_count=self.draw.randint(1, 3))
        return models.Filter(**clauses)

    def selector(self):
        return models.PointIdsList(points=self.some_ids()) if self.draw.random() < 0.6 else models.FilterSelector(filter=self.filter())

    # What is done.

    def change(self):
        kind = self.draw.choice(["upsert", "upsert", "upsert", "columns", "delete", "set", "overwrite", "delete keys", "clear", "nothing"])
        if kind in ("upsert", "columns"):
            ids = self.some_ids(12)
            vectors, payloads = [self.vector() for _ in ids], [self.payload() for _ in ids]
            points = [models.PointStruct(id=id, vector=vector, payload=payload) for id, vector, payload in zip(ids, vectors, payloads)]
            points = models.Batch(ids=ids, vectors=vectors, payloads=payloads) if kind == "columns" else points
            self.same(kind, lambda client: client.upsert(self.name, points).status)
        elif kind == "nothing":
            self.same("an upsert of nothing", lambda client: client.upsert(self.name, []))
            self.same("a removal of nothing", lambda client: client.delete(self.name, []))
        elif kind == "delete":
            selector = self.selector()
            self.same(f"delete {selector}", lambda client: client.delete(self.name, selector).status)
        else:
            selector, payload, keys = self.selector(), self.payload(), self.draw.sample(KEYS[:4], 2)
            calls = {
                "set": lambda client: client.set_payload(self.name, payload, selector).status,
                "overwrite": lambda client: client.overwrite_payload(self.name, payload, selector).status,
                "delete keys": lambda client: client.delete_payload(self.name, keys, selector).status,
                "clear": lambda client: client.clear_payload(self.name, selector).status,
            }
            self.same(f"{kind} {selector} {payload} {keys}", calls[kind])
        self.same("all points", lambda client: client.scroll(self.name, limit=100, with_vectors=True))

    def ask(self):
        filter = self.filter() if self.draw.random() < 0.8 else None
        kind = self.draw.choice(["scroll", "count", "facet", "query", "query", "retrieve", "batch"])
        with_payload = self.draw.choice([True, False, ["a", "deep"], models.PayloadSelectorExclude(exclude=["a", "list"])])
        parts = {"with_payload": with_payload, "with_vectors": self.draw.choice([True, False])}
        if kind == "scroll":
            limit, offset = self.draw.randint(1, 7), self.draw.choice([None, *self.ids])
            self.same(f"scroll {filter} {limit} {offset}", lambda client: client.scroll(self.name, filter, limit=limit, offset=offset, **parts))
            pages = self.same(f"pages {filter}", lambda client: list(self.pages(client, filter, limit)))
            assert isinstance(pages, Refused) or len(pages) == len({str(record["id"]) for record in pages})
        elif kind == "count":
            self.same(f"count {filter}", lambda client: client.count(self.name, filter, exact=True))
        elif kind == "facet":
            key, limit = self.draw.choice(PATHS), self.draw.randint(1, 5)
            # Among values of several types that are equally frequent, Qdrant has no order.
            self.same(f"facet {key} {filter}", lambda client: sorted_facet(client.facet(self.name, key, filter, limit=100, exact=True)))
            self.same(f"facet {key} {filter} {limit}", lambda client: [hit.count for hit in client.facet(self.name, key, filter, limit=limit, exact=True).hits])
        elif kind == "retrieve":
            ids = self.some_ids()
            self.same(f"retrieve {ids}", lambda client: client.retrieve(self.name, ids, **parts))
        elif kind == "batch":
            requests = [models.QueryRequest(filter=self.filter(), **self.query()) for _ in range(3)]
            self.same(f"batch {requests}", lambda client: client.query_batch_points(self.name, requests))
        else:
            query = self.query()
            query = {("with_vectors" if key == "with_vector" else key): value for key, value in query.items()}
            answer = self.same(f"query {filter} {query}", lambda client: client.query_points(self.name, query_filter=filter, **query))
            if not isinstance(answer, Refused) and len(answer["points"]) > 2:
                # A threshold between two scores.
                scores = [point["score"] for point in answer["points"]]
                threshold = (scores[1] + scores[2]) / 2
                self.same(f"threshold {filter} {query} {threshold}", lambda client: client.query_points(self.name, query_filter=filter, score_threshold=threshold, **query))

    def query(self):
        of_point = self.draw.random() < 0.3
        return {
            "query": self.draw.choice(self.ids) if of_point else self.vector(),
            "limit": self.draw.randint(1, 9),
            "offset": self.draw.choice([None, 0, 1, 4]),
            "with_payload": self.draw.choice([True, False, ["b", "tags"]]),
            "with_vector": self.draw.choice([True, False]),
        }

    def pages(self, client, filter, limit):
        offset = None
        while True:
            records, offset = client.scroll(self.name, filter, limit=limit, offset=offset)
            yield from records
            if offset is None:
                return


class Refused:
    """A call that was answered with an error."""

    def __init__(self, error):
        self.error = error

    def __repr__(self):
        return f"refused: {type(self.error).__name__}: {self.error}"


def sorted_facet(answer):
    return sorted((hit.count, type(hit.value).__name__, str(hit.value)) for hit in answer.hits)


def plain(value):
    """An answer as lists and dictionaries; versions of points are counted differently."""
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key not in ("version", "order_value", "shard_key")}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def alike(left, right):
    """Equality, up to the rounding of scores and vectors; true and 1 differ."""
    if isinstance(left, Refused) or isinstance(right, Refused):
        return isinstance(left, Refused) and isinstance(right, Refused)
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= 1e-5 * max(1.0, abs(left))
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return left == right


if __name__ == "__main__":
    main()
