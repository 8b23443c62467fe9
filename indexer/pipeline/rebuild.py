"""The collection made anew: built beside the old one, which is used until the new one is whole."""

from collections.abc import Callable
from contextlib import closing, suppress

from indexer.errors import StoreDamaged, StoreError, WrongModel
from indexer.pipeline.outcome import IndexOutcome
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore, open_store
from indexer.store.model import ModelCard
from indexer.store.replacing import beside, replace_collection


def rebuild(settings: IndexerSettings, card: ModelCard, fill: Callable[[ArtworkStore], IndexOutcome]) -> IndexOutcome:
    """Have a new collection filled and put it in the place of the old one, unless `fill` was stopped.

    What an earlier run has built with the same model is gone on with. Raises `StoreLocked` before anything is
    done if the old one is in use, and what `fill` raises; the old one is then as it was.
    """
    _check_free(settings)
    with closing(_begun(settings, card)) as store:
        outcome = fill(store)
    if not outcome.stopped:
        replace_collection(settings)
    return outcome


def _check_free(settings: IndexerSettings) -> None:
    try:
        open_store(settings).close()
    except StoreDamaged:
        # That may be the very reason to make it anew.
        return


def _begun(settings: IndexerSettings, card: ModelCard) -> ArtworkStore:
    """Return what was begun before, or an empty store if that was another model's or is damaged."""
    with suppress(StoreDamaged, WrongModel):
        return _prepared(beside(settings), card)
    return open_store(beside(settings), anew=True)


def _prepared(settings: IndexerSettings, card: ModelCard) -> ArtworkStore:
    store = open_store(settings)
    try:
        store.prepare(card)
    except StoreError:
        store.close()
        raise
    return store
