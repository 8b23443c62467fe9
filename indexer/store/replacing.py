"""One collection in the place of another: what was built beside it becomes it."""

import os
import shutil
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from indexer.errors import StoreMissing, WrongModel
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore, open_store
from indexer.store.edge_folder import sweep, translated
from indexer.store.lock import FolderLock
from indexer.store.manifest import read_manifest, remove_manifest, write_manifest
from indexer.store.model import CONTENT


def beside(settings: IndexerSettings) -> IndexerSettings:
    """Return the settings of the collection that is built to replace the one `settings` name."""
    return settings.model_copy(update={"collection": f"{settings.collection}-new"})


def replace_collection(settings: IndexerSettings) -> None:
    """Put the collection that was built beside into its place; both must be closed.

    Embedded, that is one rename: a crash leaves the old one or the new one, whole. On a server the works
    are copied over the old ones, and a crash leaves the new ones beside, so that the same again ends it.
    Raises `StoreMissing` if nothing was built, `StoreLocked`, and what the engines raise.
    """
    if settings.qdrant_url is None:
        _move(beside(settings).qdrant_dir, settings.qdrant_dir)
        return
    with closing(open_store(beside(settings))) as new, closing(open_store(settings)) as old:
        _copy(new, old)
        new.drop()


def _move(new: Path, old: Path) -> None:
    manifest = read_manifest(new)
    if manifest is None:
        raise StoreMissing(str(new))
    with translated(old), ExitStack() as stack:
        old.mkdir(parents=True, exist_ok=True)
        for folder in (new, old):
            stack.callback(FolderLock(folder).release)
        # First, so that no manifest ever names a shard that has moved away.
        remove_manifest(new)
        os.rename(new / manifest.shard, old / manifest.shard)
        write_manifest(old, manifest)
        sweep(old, keep=manifest.shard)
        shutil.rmtree(new)


def _copy(new: ArtworkStore, old: ArtworkStore) -> None:
    card = new.stats().card
    assert card is not None
    first = replace(card, widths={CONTENT: card.widths[CONTENT]}, statistics=None)
    try:
        old.prepare(first)
    except WrongModel:
        # Vectors of two models never lie side by side, not even for a moment.
        old.drop()
        old.prepare(first)
    if card.statistics is not None:
        old.extend(card.widths, card.statistics)
    for works in new.scan():
        marks = new.marks([work.id for work in works])
        whole = [work for work in works if work.id in marks]
        for some, lenses in ((whole, list(card.widths)), ([work for work in works if work.id not in marks], [CONTENT])):
            ids = [work.id for work in some]
            old.add(some, {lens: new.vectors(ids, lens=lens) for lens in lenses})
    for works in old.scan():
        old.delete(new.missing([work.id for work in works]))
