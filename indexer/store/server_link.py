"""The hold on a collection of a Qdrant server: whose it is, and calls that are tried again while a fault may pass."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import stamina
from qdrant_client import QdrantClient, models

from indexer.errors import NotOurs, StoreClosed, StoreMissing, StoreUnavailable, UnknownArtwork, WrongModel
from indexer.store.faults import FAULTS, is_conflict, is_not_found, is_passing, sentence
from indexer.store.manifest import card_from_json, card_to_json
from indexer.store.model import ModelCard
from indexer.store.server_terms import field_indexes, lens_config, vectors_config

ATTEMPTS = 5

_CARD = "gallery_card"

T = TypeVar("T")


class ServerLink:
    """A collection that many processes may use at once; passing faults are tried again for `patience` seconds."""

    def __init__(self, client: QdrantClient, collection: str, where: str, patience: float) -> None:
        self.name, self.where = "Qdrant server", where
        self.client, self.collection, self._patience = client, collection, patience
        self._card: ModelCard | None = None
        self._closed = False

    def card(self) -> ModelCard:
        """Return which model made the collection; raise `NotOurs` if no gallery did."""
        card = self._card
        if card is None:
            card = self._card = self._read_card()
        return card

    def create(self, card: ModelCard) -> None:
        """Create the collection with its payload indexes, or add the indexes that one lacks."""
        if not self._exists():
            self._reach(lambda: self._create(card))
        found = self._read_card()
        if not found.covers(card):
            raise WrongModel(self.where, str(found), str(card))
        known = self.info().payload_schema
        for field, parameters in field_indexes():
            if field not in known:
                self._reach(partial(self.client.create_payload_index, self.collection, field, parameters))

    def extend(self, card: ModelCard) -> None:
        """Make room for the lenses of `card`, which becomes the collection's; those of another width begin empty."""
        before = self.card()
        for lens, width in card.widths.items():
            if before.widths.get(lens, width) != width:
                self._reach(partial(self.client.delete_vector_name, self.collection, lens))
            if before.widths.get(lens) != width:
                self._reach(partial(self.client.create_vector_name, self.collection, lens, lens_config(width)))
        metadata = {_CARD: card_to_json(card)}
        self._reach(lambda: self.client.update_collection(self.collection, metadata=metadata))
        self._card = card

    def drop(self) -> None:
        """Remove the collection, if there is one and a gallery made it."""
        if self._exists():
            self._read_card()
            self._reach(lambda: self.client.delete_collection(self.collection))
        self._card = None

    def optimize(self) -> None:
        """Do nothing but see that there is a collection: the server builds its graph by itself."""
        self.card()

    def optimize_aside(self, stopped: Callable[[], bool]) -> bool:
        """Do as little."""
        self.optimize()
        return True

    def close(self) -> None:
        """Close the connections; nothing happens the second time."""
        if not self._closed:
            self._closed = True
            self.client.close()

    def ask(self, call: Callable[[], T], absent: UnknownArtwork | None = None) -> T:
        """Return what a call on the collection answers; raise `absent` if what it names is not there."""
        self.card()
        return self._reach(call, absent)

    def info(self) -> models.CollectionInfo:
        """Return what the server says of the collection."""
        return self._reach(lambda: self.client.get_collection(self.collection))

    def _create(self, card: ModelCard) -> None:
        try:
            self.client.create_collection(
                self.collection, vectors_config=vectors_config(card), metadata={_CARD: card_to_json(card)}
            )
        except FAULTS as error:
            # Another process, or our own request whose answer got lost, was first.
            if not is_conflict(error):
                raise

    def _exists(self) -> bool:
        return self._reach(lambda: self.client.collection_exists(self.collection))

    def _read_card(self) -> ModelCard:
        if not self._exists():
            raise StoreMissing(self.where)
        try:
            return card_from_json((self.info().config.metadata or {})[_CARD])
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise NotOurs(self.where) from error

    def _reach(self, call: Callable[[], T], absent: UnknownArtwork | None = None) -> T:
        if self._closed:
            raise StoreClosed(self.where)
        again = stamina.retry_context(
            on=is_passing, attempts=ATTEMPTS, timeout=self._patience, wait_initial=0.2, wait_max=3.0
        )
        try:
            for attempt in again:
                with attempt:
                    return call()
        except FAULTS as error:
            known, self._card = self._card, None
            if known is not None and is_not_found(error) and not self._exists():
                raise StoreMissing(self.where) from error
            if absent is not None and is_not_found(error):
                raise absent from error
            raise StoreUnavailable(self.where, sentence(error)) from error
        raise AssertionError("a call that is tried again returns or raises")
