"""`gallery finetune`: train the network's last block on what curators labelled, for those who have a GPU."""

from contextlib import closing
from pathlib import Path

import click

from gallery.cli.indexing import settings_with, stored_card
from gallery.db import Database, open_database
from gallery.models.tagging import standing, tag_set_by_slug
from gallery.tagging.errors import UnknownTagSet
from gallery.tagging.truth import verdicts_of
from indexer.pipeline.picture import DRAFT_FOR_PIXELS
from indexer.preprocess import Pixels, network_pixels
from indexer.store import ArtworkStore, open_store
from indexer.store.model import artwork_id
from indexer.tagging.errors import TooFewLabels
from indexer.tagging.finetune import Course, Round, held_out_fifth
from indexer.tagging.labels import Labels, groups_of, labels_of
from indexer.weights import find_weights
from scraper.library import Library
from scraper.names import slug
from scraper.pictures import open_upright
from scraper.settings import ScraperSettings

FEWEST = 10


@click.command()
@click.argument("name", metavar="SET")
@click.option("--epochs", type=click.IntRange(1, 1000), default=5, show_default=True, help="Times through all works.")
@click.option("--rate", type=click.FloatRange(1e-7, 1), default=1e-4, show_default=True, help="Learning rate.")
@click.option("--batch-size", type=click.IntRange(1, 512), default=16, show_default=True, help="Pictures at a time.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="(GALLERY_DEVICE)")
@click.option("--weights", type=click.Path(path_type=Path), help="State-dict file to begin with (GALLERY_WEIGHTS).")
@click.option("--out", type=click.Path(path_type=Path), help="File of the new weights.")
@click.option("--logs", type=click.Path(path_type=Path), help="Folder for TensorBoard.")
def command(
    name: str,
    epochs: int,
    rate: float,
    batch_size: int,
    device: str | None,
    weights: Path | None,
    out: Path | None,
    logs: Path | None,
) -> None:
    """Train the last block of the network on the tag set SET, and write its weights.

    A fifth of the labelled works is held out and judged after each time through. Nothing uses the new weights by
    itself: `gallery reindex --weights FILE` makes the collection anew with them, and tag sets then learn anew.
    """
    settings = settings_with({"device": device, "weights": weights})
    with closing(open_database(settings.database)) as database, closing(open_store(settings)) as store:
        labels, paths = _labels(database, store, Library(settings.library_dir), name)
        works = list(store.get_many(labels.works).values())
        groups = groups_of(store.vectors(labels.works), [(work.artist, work.title) for work in works])
        card = stored_card(store)
    found = find_weights(settings.backbone, settings.weights, lambda said: click.echo(said, err=True), stored=card)
    from indexer.backbones import finetune

    most = ScraperSettings().max_pixels
    known: dict[int, Pixels] = {}

    def read(row: int) -> Pixels:
        if row not in known:
            known[row] = network_pixels(open_upright(paths[row], max_pixels=most, shortest=DRAFT_FOR_PIXELS))
        return known[row]

    held_out = held_out_fifth(groups, 0)
    out = out or settings.models_dir / f"{found.backbone.name}-{slug(name)}.pt"
    logs = logs or settings.derived_dir / "finetune" / slug(name)
    click.echo(f"{len(works):,} labelled works, {held_out.sum():,} of them held out; logs in {logs}")
    course = Course(labels.exclusive, epochs, rate, batch_size, settings.device)
    made = finetune(found, read, labels.truth, held_out, course, out, logs, _say)
    best = max(made.rounds, key=lambda told: told.unseen_accuracy)
    click.echo(f"{made.path}: the weights after epoch {best.epoch}, right in {100 * best.unseen_accuracy:.0f} %.")
    click.echo(f"Next: tensorboard --logdir {logs}, then gallery reindex --weights {made.path}")


def _labels(database: Database, store: ArtworkStore, library: Library, name: str) -> tuple[Labels, list[Path]]:
    """Return what is known of works whose pictures are there, and where those are."""
    with database.reading() as session:
        tags = tag_set_by_slug(session, slug(name))
        if tags is None:
            raise UnknownTagSet
        verdicts = verdicts_of(standing(session, tags.id), tags.exclusive)
    there, missing = {}, set(store.missing([artwork_id(sha256) for sha256 in verdicts]))
    for sha256, said in verdicts.items():
        record = library.get(sha256)
        if record is not None and artwork_id(sha256) not in missing:
            there[sha256] = (said, library.picture_path(record.picture))
    told = labels_of({artwork_id(sha256): said for sha256, (said, _) in there.items()}, tags.classes, tags.exclusive)
    labels = told.only(tags.classes)
    if len(labels.works) < FEWEST:
        raise TooFewLabels(labels.examples(), FEWEST, exclusive=tags.exclusive)
    paths = {artwork_id(sha256): path for sha256, (_, path) in there.items()}
    return labels, [paths[work] for work in labels.works]


def _say(told: Round) -> None:
    click.echo(
        f"epoch {told.epoch}: loss {told.loss:.3f}, right {100 * told.accuracy:.0f} %; "
        f"held out: loss {told.unseen_loss:.3f}, right {100 * told.unseen_accuracy:.0f} %"
    )
