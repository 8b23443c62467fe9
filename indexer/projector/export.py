"""A projector folder made of the collection: which works, their vectors made shorter, their facts, their pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.errors import NothingToExport
from indexer.pipeline.run import cores
from indexer.projector.files import CONFIG, METADATA, SPRITE, TENSORS, write_configs, write_metadata, write_tensors
from indexer.projector.pca import Components, components
from indexer.projector.sampling import sample
from indexer.projector.sprite import Grid, grid_for, write_sprite
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Artwork, Vector
from indexer.thumbnails import SIZES, thumbnail_path
from indexer.whole_folder import whole_folder

MOST_POINTS = 100_000
"""TensorBoard reads no more (its data-provider-server.ts) and shows the first of them without a word."""

WIDTH = 200
"""Numbers a work: as many as TensorBoard's own PCA takes (its data.ts)."""

HEADER = ("title", "artist", "movement", "year", "cluster", "tags", "url")
_BLOCK = 1_000
_MOST_PROCESSES = 8

Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ProjectorExport:
    """What was written: `works` of `known`, `width` numbers each, which keep this share of the variance.

    `strata` is what a sample was drawn by, None if all works are in. `absent` counts tiles without picture.
    """

    works: int
    known: int
    width: int
    variance_kept: float
    strata: str | None
    grid: Grid
    absent: int


def export_projector(
    store: ArtworkStore,
    thumbnails: Path,
    out: Path,
    *,
    address: Callable[[Artwork], str],
    width: int = WIDTH,
    limit: int = MOST_POINTS,
    base: str = "",
    lens: str = CONTENT,
    watch: Watch = lambda stage, done, total: None,
) -> ProjectorExport:
    """Write a folder that TensorBoard opens: row, tile and vector i belong to one work.

    `address` is where a work's page is, `base` what the standalone projector finds the files under. Raises
    `NothingToExport`, `ExportRefused`, `ExportUnwritable`, and what the store raises.
    """
    known = [work for batch in store.scan() for work in batch]
    if not known:
        raise NothingToExport
    works, strata = _chosen(known, min(limit, MOST_POINTS))
    grid = grid_for(len(works))
    with whole_folder(out, CONFIG) as folder:
        found = _write_vectors(folder, store, works, width, lens, watch)
        write_metadata(folder / METADATA, HEADER, (_row(work, address) for work in works))
        absent = write_sprite(
            folder / SPRITE,
            [thumbnail_path(thumbnails, work.sha256, SIZES[0]) for work in works],
            grid,
            processes=min(cores(), _MOST_PROCESSES),
            done=lambda done: watch("pictures", done, len(works)),
        )
        kept = found.basis.shape[1]
        write_configs(folder, (len(works), kept), grid, base)
    return ProjectorExport(len(works), len(known), kept, found.variance_kept, strata, grid, len(absent))


def _chosen(known: list[Artwork], most: int) -> tuple[list[Artwork], str | None]:
    if len(known) <= most:
        return known, None
    clustered = any(work.cluster for work in known)
    strata = [(work.cluster or "") if clustered else work.artist_slug for work in known]
    return [known[row] for row in sample(strata, most)], "cluster" if clustered else "artist"


def _write_vectors(
    folder: Path, store: ArtworkStore, works: list[Artwork], width: int, lens: str, watch: Watch
) -> Components:
    """Write the works' vectors along their principal components.

    Between the two passes the vectors lie in a file: reading them from the store takes longer than all else.
    """
    whole = folder / "vectors.whole"
    rows = write_tensors(whole, _from_store(store, works, lens, watch))
    vectors = np.memmap(whole, "<f4", "r").reshape(rows, -1)
    blocks = [slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK)]
    found = components((vectors[block] for block in blocks), width)
    write_tensors(folder / TENSORS, (found(vectors[block]) for block in blocks))
    del vectors
    whole.unlink()
    return found


def _from_store(store: ArtworkStore, works: list[Artwork], lens: str, watch: Watch) -> Iterator[Vector]:
    for start in range(0, len(works), _BLOCK):
        block = works[start : start + _BLOCK]
        yield store.vectors([work.id for work in block], lens=lens)
        watch("vectors", start + len(block), len(works))


def _row(work: Artwork, address: Callable[[Artwork], str]) -> tuple[object, ...]:
    tags = ", ".join(work.keywords)
    # TensorBoard passes over a row that is blank from end to end, which no work with an address is.
    return work.title, work.artist, work.movement, work.year, work.cluster, tags, address(work)
