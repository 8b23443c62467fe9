"""The store on a Qdrant server: addresses, keys, retries, outages, and collections that are not ours."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import stamina
from grpc import RpcError, StatusCode
from qdrant_client import models
from qdrant_rest import KEY, StandIn
from store_samples import CARD, OTHER, artworks, vectors

from indexer.errors import NotOurs, StoreMissing, StoreUnavailable, WrongModel
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore, open_store
from indexer.store.faults import is_conflict, is_not_found, is_passing, sentence
from indexer.store.model import CONTENT, Filters
from indexer.store.payload import KEYWORDS, NUMBERS, PREFIXES

WORKS, ROWS = artworks(10), vectors(10)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Retry at once, three times in all."""
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


def settings_of(url: str, **more: Any) -> IndexerSettings:
    return IndexerSettings(qdrant_url=url, _env_file=None, **more)


@pytest.fixture
def store(server: StandIn) -> Iterator[ArtworkStore]:
    """Yield a store of ten works on the stand-in; what it was asked so far is forgotten."""
    opened = open_store(settings_of(server.url))
    opened.prepare(CARD)
    opened.add(WORKS, {CONTENT: ROWS})
    server.asked.clear()
    yield opened
    opened.close()


# --- reaching it ---


@pytest.mark.parametrize(
    "url", ["localhost:6333", "ftp://host", "http://", "host", "https:///path", "http//x", "http://h:99999", "http://["]
)
def test_an_address_that_is_none_is_a_sentence(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="not an address such as http://localhost:6333"):
        open_store(settings_of(url))


def test_nothing_is_sent_until_something_is_asked() -> None:
    open_store(settings_of("http://nobody.invalid:1")).close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_a_server_that_is_not_there_is_a_sentence(scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}"
    store = open_store(settings_of(url, qdrant_timeout=2))
    with pytest.raises(StoreUnavailable, match="no answer .* Check that Qdrant is running") as refusal:
        store.page(Filters())
    assert refusal.value.where == f"{url}/artworks"
    assert refusal.value.exit_code == 6
    store.close()


def test_a_server_that_goes_away_is_a_sentence(server: StandIn, store: ArtworkStore) -> None:
    server.stop()
    for call in (lambda: store.get(WORKS[0].id), lambda: store.add(WORKS, {CONTENT: ROWS}), lambda: store.stats()):
        with pytest.raises(StoreUnavailable):
            call()


def test_an_answer_that_takes_too_long_is_not_waited_for(server: StandIn) -> None:
    store = open_store(settings_of(server.url, qdrant_timeout=1))
    server.delay = 1.5
    with stamina.set_testing(True, attempts=1), pytest.raises(StoreUnavailable, match="timed out"):
        store.stats()
    store.close()


def test_the_key_is_sent_and_a_wrong_one_is_named(server: StandIn) -> None:
    server.key = KEY
    store = open_store(settings_of(server.url, qdrant_api_key=KEY))
    store.prepare(CARD)
    assert store.page(Filters()).total == 0
    store.close()
    for settings in (settings_of(server.url), settings_of(server.url, qdrant_api_key="wrong-key")):
        store = open_store(settings)
        with pytest.raises(StoreUnavailable, match="401 .*GALLERY_QDRANT_API_KEY is wrong or missing") as refusal:
            store.page(Filters())
        assert "wrong-key" not in str(refusal.value)
        store.close()


def test_passwords_in_an_address_are_not_repeated() -> None:
    store = open_store(settings_of(f"http://someone:secret@127.0.0.1:{free_port()}"))
    with pytest.raises(StoreUnavailable) as refusal:
        store.page(Filters())
    assert "secret" not in str(refusal.value)
    store.close()


# --- trying again ---


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_faults_are_tried_again(server: StandIn, store: ArtworkStore, status: int) -> None:
    server.faults += [(status, "busy")] * 2
    assert store.get(WORKS[0].id) == WORKS[0]
    assert server.asked == ["POST /collections/artworks/points"] * 3


def test_faults_that_stay_end_in_a_sentence(server: StandIn, store: ArtworkStore) -> None:
    server.faults += [(503, "the cluster is electing a leader")] * 3
    with pytest.raises(StoreUnavailable, match="answered 503 .*: the cluster is electing a leader"):
        store.get(WORKS[0].id)
    assert len(server.asked) == 3
    assert store.get(WORKS[0].id) == WORKS[0]


@pytest.mark.parametrize("status", [400, 403, 500, 507])
def test_other_faults_are_not_tried_again(server: StandIn, store: ArtworkStore, status: int) -> None:
    server.faults.append((status, "x" * 5_000))
    with pytest.raises(StoreUnavailable, match=str(status)) as refusal:
        store.get(WORKS[0].id)
    assert len(server.asked) == 1
    assert len(str(refusal.value)) < 600


def test_adding_goes_on_after_a_fault_and_stores_each_work_once(server: StandIn, store: ArtworkStore) -> None:
    server.faults.append((503, "busy"))
    store.add(artworks(150), {CONTENT: vectors(150)})
    assert store.page(Filters()).total == 150
    assert server.asked.count("PUT /collections/artworks/points") == 4


class Lost(RpcError):
    """An error of a gRPC call, as the driver raises them."""

    def __init__(self, code: StatusCode) -> None:
        self._code = code

    def code(self) -> StatusCode:
        return self._code


def test_errors_of_grpc_mean_the_same() -> None:
    assert is_passing(Lost(StatusCode.UNAVAILABLE))
    assert is_passing(Lost(StatusCode.DEADLINE_EXCEEDED))
    assert not is_passing(Lost(StatusCode.INVALID_ARGUMENT))
    assert is_not_found(Lost(StatusCode.NOT_FOUND))
    assert is_conflict(Lost(StatusCode.ALREADY_EXISTS))
    assert not is_not_found(RpcError())
    assert sentence(Lost(StatusCode.UNAVAILABLE)) == "no answer (UNAVAILABLE)"


# --- whose collection it is ---


def test_a_collection_of_somebody_else_is_left_alone(server: StandIn) -> None:
    server.client.create_collection(
        "artworks", vectors_config={"text": models.VectorParams(size=3, distance=models.Distance.DOT)}
    )
    store = open_store(settings_of(server.url))
    calls = [
        lambda: store.prepare(CARD),
        lambda: store.page(Filters()),
        lambda: store.add(WORKS, {CONTENT: ROWS}),
        lambda: store.delete([WORKS[0].id]),
        lambda: store.drop(),
        lambda: open_store(settings_of(server.url), anew=True),
    ]
    for call in calls:
        with pytest.raises(NotOurs, match="not made by this gallery, and left alone. Choose another name"):
            call()
    assert server.client.collection_exists("artworks")
    store.close()


def test_a_collection_may_be_made_anew(server: StandIn, store: ArtworkStore) -> None:
    other = open_store(settings_of(server.url), anew=True)
    with pytest.raises(StoreMissing):
        store.page(Filters())
    other.prepare(OTHER)
    assert store.stats().card == OTHER
    other.close()


def test_a_collection_removed_behind_our_back_is_missing(server: StandIn, store: ArtworkStore) -> None:
    server.client.delete_collection("artworks")
    with pytest.raises(StoreMissing, match=f"{server.url}/artworks: no collection yet"):
        store.page(Filters())
    with pytest.raises(StoreMissing):
        store.similar(WORKS[0].id, Filters())
    store.prepare(CARD)
    assert store.page(Filters()).total == 0


def test_two_that_prepare_at_once_agree(server: StandIn) -> None:
    first, second, third = (open_store(settings_of(server.url)) for _ in range(3))
    first.prepare(CARD)
    # The others asked before the first was done, and were told that there is none.
    real = server.answer
    told: list[str] = []

    def late(method: str, path: str, body: Any) -> tuple[int, Any]:
        if path.endswith("/exists") and len(told) < 2:
            told.append(path)
            return 200, {"exists": False}
        return real(method, path, body)

    server.answer = late  # type: ignore[method-assign]
    second.prepare(CARD)
    told.clear()
    with pytest.raises(WrongModel):
        third.prepare(OTHER)
    for store in (first, second, third):
        assert store.page(Filters()).total == 0
        store.close()


def test_payload_indexes_are_made_before_the_first_upload(server: StandIn) -> None:
    store = open_store(settings_of(server.url))
    store.prepare(CARD)
    assert server.asked.count("PUT /collections/artworks/index") == len((*KEYWORDS, *PREFIXES, *NUMBERS))
    assert "PUT /collections/artworks/points" not in server.asked
    store.close()


def test_a_page_is_one_or_two_calls(server: StandIn, store: ArtworkStore) -> None:
    calls = {
        "get": lambda: store.get(WORKS[0].id),
        "similar": lambda: store.similar(WORKS[0].id, Filters()),
        "page": lambda: store.page(Filters()),
        "facets": lambda: store.facets("artist_slug", Filters()),
        "covers": lambda: store.covers("artist_slug", [f"painter-{number}" for number in range(7)]),
    }
    counts = {}
    for name, call in calls.items():
        server.asked.clear()
        call()
        counts[name] = len(server.asked)
    assert counts == {"get": 1, "similar": 1, "page": 2, "facets": 1, "covers": 1}
