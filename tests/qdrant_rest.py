"""A stand-in for a Qdrant server: its REST interface, as far as the store uses it, over `QdrantClient(":memory:")`.

It lets tests walk the whole way through HTTP where there is no server, and misbehave on demand.
"""

import json
import threading
import time
import warnings
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

KEY = "not-a-real-key"

UPDATES: TypeAdapter[Any] = TypeAdapter(list[models.UpdateOperation])


def local_client() -> QdrantClient:
    """Return the client's own in-memory engine."""
    return QdrantClient(":memory:")


class ErrorsOfAServer:
    """The driver's memory, failing as a server does: with "not found", where it raises ValueError."""

    def __init__(self, client: QdrantClient) -> None:
        self._client = client

    def __getattr__(self, verb: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return getattr(self._client, verb)(*arguments, **named)
            except ValueError as error:
                if "not found" not in str(error):
                    raise
                raise UnexpectedResponse(404, "Not Found", str(error).encode(), {}) from error  # type: ignore[arg-type]

        return call


class StandIn:
    """A server on a free port; `faults` are answered, first to last, in place of what was asked."""

    def __init__(self) -> None:
        self.client = local_client()
        self.faults: list[tuple[int, str]] = []
        self.asked: list[str] = []
        self.delay = 0.0
        self.key: str | None = None
        self.turn = threading.Lock()
        stand_in = self

        class Handler(_Handler):
            server_state = stand_in

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "StandIn":
        self.thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop answering; the port is free then."""
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Return status and result of one request."""
        _, _, collection, *rest = path.split("/")
        try:
            with self.turn, warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                if rest[:1] == ["vectors"]:
                    return 200, LENS_VERBS[method](self.client, collection, rest[1], body)
                return 200, VERBS[method, "/".join(rest)](self.client, collection, body)
        except ValueError as error:
            status = 404 if "not found" in str(error) else 409 if "already exists" in str(error) else 400
            return status, str(error)


class _Handler(BaseHTTPRequestHandler):
    server_state: StandIn

    def handle_any(self) -> None:
        state, path = self.server_state, self.path.split("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        state.asked.append(f"{self.command} {path}")
        time.sleep(state.delay)
        if state.key is not None and self.headers.get("api-key") != state.key:
            return self.reply(401, "Invalid API key or JWT")
        if state.faults:
            return self.reply(*state.faults.pop(0))
        self.reply(*state.answer(self.command, path, json.loads(body) if body else None))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def reply(self, status: int, result: Any) -> None:
        answer = {"result": result, "status": "ok", "time": 0.0}
        content = json.dumps(answer if status < 400 else {"status": {"error": result}, "time": 0.0}).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            pass  # a client that gave up waiting is part of the tests

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(each) for each in answer]
    return answer.model_dump(mode="json") if hasattr(answer, "model_dump") else answer


def _create(client: QdrantClient, name: str, body: Any) -> Any:
    wanted = models.CreateCollection.model_validate(body)
    return client.create_collection(name, vectors_config=wanted.vectors, metadata=wanted.metadata)


def _index(client: QdrantClient, name: str, body: Any) -> Any:
    wanted = models.CreateFieldIndex.model_validate(body)
    return _plain(client.create_payload_index(name, wanted.field_name, wanted.field_schema))


def _query(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.query_batch_points(name, [models.QueryRequest.model_validate(body)])[0])


def _query_batch(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.query_batch_points(name, models.QueryRequestBatch.model_validate(body).searches))


def _retrieve(client: QdrantClient, name: str, body: Any) -> Any:
    wanted = models.PointRequest.model_validate(body)
    return _plain(client.retrieve(name, wanted.ids, wanted.with_payload, wanted.with_vector or False))


def _scroll(client: QdrantClient, name: str, body: Any) -> Any:
    wanted = models.ScrollRequest.model_validate(body)
    points, following = client.scroll(name, offset=wanted.offset, limit=wanted.limit, with_payload=wanted.with_payload)
    return {"points": _plain(points), "next_page_offset": following}


def _count(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.count(name, models.CountRequest.model_validate(body).filter))


def _facet(client: QdrantClient, name: str, body: Any) -> Any:
    wanted = models.FacetRequest.model_validate(body)
    return _plain(client.facet(name, wanted.key, wanted.filter, wanted.limit, wanted.exact))


def _upsert(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.upsert(name, models.PointsList.model_validate(body).points))


def _delete(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.delete(name, models.PointIdsList.model_validate(body)))


def _add_lens(client: QdrantClient, name: str, lens: str, body: Any) -> Any:
    return _plain(client.create_vector_name(name, lens, models.DenseVectorNameConfig.model_validate(body)))


def _describe(client: QdrantClient, name: str, body: Any) -> Any:
    return client.update_collection(name, metadata=models.UpdateCollection.model_validate(body).metadata)


def _set_vectors(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.update_vectors(name, models.UpdateVectors.model_validate(body).points))


def _update(client: QdrantClient, name: str, body: Any) -> Any:
    return _plain(client.batch_update_points(name, UPDATES.validate_python(body["operations"])))


LENS_VERBS: dict[str, Callable[[QdrantClient, str, str, Any], Any]] = {
    "PUT": _add_lens,
    "DELETE": lambda client, name, lens, body: _plain(client.delete_vector_name(name, lens)),
}

VERBS: dict[tuple[str, str], Callable[[QdrantClient, str, Any], Any]] = {
    ("GET", "exists"): lambda client, name, body: {"exists": client.collection_exists(name)},
    ("GET", ""): lambda client, name, body: _plain(client.get_collection(name)),
    ("PUT", ""): _create,
    ("PATCH", ""): _describe,
    ("PUT", "points/vectors"): _set_vectors,
    ("DELETE", ""): lambda client, name, body: client.delete_collection(name),
    ("PUT", "index"): _index,
    ("PUT", "points"): _upsert,
    ("POST", "points"): _retrieve,
    ("POST", "points/query"): _query,
    ("POST", "points/query/batch"): _query_batch,
    ("POST", "points/scroll"): _scroll,
    ("POST", "points/count"): _count,
    ("POST", "points/delete"): _delete,
    ("POST", "points/batch"): _update,
    ("POST", "facet"): _facet,
}
