"""The collection: can it be opened, which model made it, and are its pictures there to be shown?"""

from collections.abc import Iterator
from contextlib import closing

from gallery.checkup.finding import Case, Finding, fault, note, ok
from gallery.checkup.weights import offline
from gallery.settings import GallerySettings
from indexer.errors import StoreError, StoreLocked, StoreMissing, WeightsError, WrongModel
from indexer.store import ArtworkStore, open_store
from indexer.store.model import Filters, StoreStats
from indexer.thumbnails import missing_sizes

SAMPLE = 50


def look(case: Case) -> Iterator[Finding]:
    """Open the collection as the site would, and look at it."""
    settings = case.gallery
    try:
        with closing(open_store(settings)) as store:
            stats = store.stats()
            yield ok(f"{stats.artworks:,} artworks in {stats.engine} at {stats.where}")
            yield from _model(settings, stats)
            yield from _pictures(settings, store)
    except StoreMissing as error:
        yield note(f"{error.where}: no collection yet", "Run `gallery index` when the library holds pictures.")
    except StoreLocked as error:
        yield note(str(error), "If that is `gallery serve`, all is well: it was not looked into.")
    except StoreError as error:
        yield fault(str(error), "Then run `gallery doctor --only store` again.")


def _model(settings: GallerySettings, stats: StoreStats) -> Iterator[Finding]:
    if stats.card is None:
        return
    try:
        card = offline(settings, stats.card, []).card
    except WeightsError:
        # Nothing to compare with; the part about weights says what to do.
        return
    if card == stats.card:
        yield ok(f"made with {card}")
    else:
        yield fault(
            str(WrongModel(stats.where, str(stats.card), str(card))),
            "Set GALLERY_BACKBONE and GALLERY_WEIGHTS to match.",
        )


def _pictures(settings: GallerySettings, store: ArtworkStore) -> Iterator[Finding]:
    newest = store.page(Filters(), size=SAMPLE).artworks
    folder = settings.thumbnails_dir
    bare = [work for work in newest if missing_sizes(folder, work.sha256, work.width, work.height)]
    if bare:
        yield fault(
            f"{len(bare)} of the {len(newest)} newest works lack thumbnails in {folder}",
            "Run `gallery index` to make them.",
        )
