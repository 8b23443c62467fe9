"""What curators define and decide: stored with its entry in the audit log, then shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from gallery.db import Database, Session
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.tagging import (
    LONGEST_NAME,
    TagDecision,
    TagSet,
    decisions_of_act,
    tag_set,
    tag_set_by_slug,
)
from gallery.models.users import User
from gallery.tagging.errors import TagsRefused, UnknownTagSet
from gallery.tagging.publishing import republish, retag
from indexer.errors import UnknownArtwork
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, artwork_id
from scraper.names import slug

MOST_CLASSES = 60
LONGEST_DESCRIPTION = 2000


def define(
    database: Database, by: User, *, name: str, classes: Sequence[str], exclusive: bool, description: str = ""
) -> TagSet:
    """Store a new set; raise `TagsRefused` if its name is taken or something about it makes no sense."""
    name = _checked("The name", name)
    tags = TagSet(name=name, slug=slug(name), exclusive=exclusive, description=_description(description))
    tags.classes = _classes(classes)
    if len(tags.classes) < (2 if exclusive else 1):
        raise TagsRefused("The classes", "are too few: name two at least, one on each line")
    with database.writing() as session:
        if tag_set_by_slug(session, tags.slug):
            raise TagsRefused("The name", "is taken by another set")
        session.add(tags)
        session.flush()
        record(session, by, "defined tags", name, set=tags.id, classes=tags.classes, exclusive=exclusive)
    return tags


def edit(
    database: Database,
    store: ArtworkStore,
    folder: Path,
    set_id: int,
    by: User,
    *,
    classes: Sequence[str],
    threshold: float,
    description: str,
) -> None:
    """Give a set other classes, another threshold or description; what was decided about a class that goes is kept."""
    if not 0.5 <= threshold <= 0.99:
        raise TagsRefused("The probability", "must be from 50 to 99 percent")
    with database.writing() as session:
        tags = found_set(session, set_id)
        before = {"classes": tags.classes, "threshold": tags.threshold}
        tags.classes, tags.threshold, tags.description = _classes(classes), threshold, _description(description)
        if len(tags.classes) < (2 if tags.exclusive else 1):
            raise TagsRefused("The classes", "are too few: name two at least, one on each line")
        record(session, by, "changed tags", tags.name, set=set_id, before=before, classes=tags.classes)
    retag(database, store, folder)


def remove(database: Database, store: ArtworkStore, folder: Path, set_id: int, by: User) -> None:
    """Remove a set with its models and all that was decided for it; works lose its tags."""
    with database.writing() as session:
        tags = found_set(session, set_id)
        session.delete(tags)
        record(session, by, "removed tags", tags.name, set=set_id)
    retag(database, store, folder)


def decide(
    database: Database,
    store: ArtworkStore,
    folder: Path,
    set_id: int,
    said: Mapping[str, Mapping[str, bool]],
    by: User,
) -> str:
    """Store what a curator says of works (id -> class -> whether it is one) and return the act, to undo it by.

    Raises `UnknownArtwork`, `UnknownTagSet`, and `TagsRefused` for a class the set does not have.
    """
    works = list(store.get_many(list(said)).values())
    if missing := said.keys() - {work.id for work in works}:
        raise UnknownArtwork(min(missing))
    if not works:
        raise TagsRefused("No work", "was chosen: tick those that are meant")
    act = uuid4().hex
    with database.writing() as session:
        tags = found_set(session, set_id)
        for work in works:
            for label, verdict in said[work.id].items():
                if label not in tags.classes:
                    raise TagsRefused("The class", f"{label[:LONGEST_NAME]} is not one of this set any more")
                session.add(_decision(tags, work, label, verdict, act, by))
        record(session, by, "tagged works", tags.name, **_told(works, said))
    republish(database, store, folder, works)
    return act


def undo(database: Database, store: ArtworkStore, folder: Path, act: str, by: User) -> int:
    """Take back what was decided at once, whatever came after it, and return how many works it was about."""
    with database.writing() as session:
        rows = [row for row in decisions_of_act(session, act) if row.undone_at is None]
        if not rows:
            raise TagsRefused("What was decided", "is undone already, or was never decided: reload the page")
        for row in rows:
            row.undone_at = now()
        tags = found_set(session, rows[0].set_id)
        hashes = list(dict.fromkeys(row.sha256 for row in rows))
        record(session, by, "undid tagging", tags.name, set=tags.id, works=len(hashes), label=rows[0].label)
    ids = [artwork_id(sha256) for sha256 in hashes]
    republish(database, store, folder, list(store.get_many(ids).values()))
    return len(hashes)


def found_set(session: Session, set_id: int) -> TagSet:
    """Return a set, or raise `UnknownTagSet`."""
    found = tag_set(session, set_id)
    if found is None:
        raise UnknownTagSet
    return found


def accepted(label: str) -> dict[str, bool]:
    """Return the verdict that a work is of a class."""
    return {label: True}


def other(tags: TagSet, suggested: str, label: str) -> dict[str, bool]:
    """Return the verdict that a work is of another class than was suggested."""
    return {label: True} if tags.exclusive or suggested == label else {suggested: False, label: True}


def none_of(tags: TagSet) -> dict[str, bool]:
    """Return the verdict that a work is of no class of a set."""
    return dict.fromkeys(tags.classes, False)


def _decision(tags: TagSet, work: Artwork, label: str, verdict: bool, act: str, by: User) -> TagDecision:
    return TagDecision(set_id=tags.id, sha256=work.sha256, label=label, verdict=verdict, act=act, user_id=by.id)


def _told(works: Sequence[Artwork], said: Mapping[str, Mapping[str, bool]]) -> dict[str, object]:
    if len(works) == 1:
        return {"work": works[0].title[:200], **{label: verdict for label, verdict in said[works[0].id].items()}}
    return {"works": len(works), **dict(said[works[0].id])}


def _classes(typed: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(_checked("A class", text) for text in typed if text.strip()))
    if len(found) > MOST_CLASSES:
        raise TagsRefused("The classes", f"are too many: {MOST_CLASSES} at most")
    slugs = [slug(name) for name in found]
    if len(set(slugs)) < len(slugs):
        raise TagsRefused("The classes", "are too alike: their addresses would be the same")
    return found


def _checked(what: str, text: str) -> str:
    name = " ".join(text.split())
    if not name or not slug(name):
        raise TagsRefused(what, "is empty")
    if len(name) > LONGEST_NAME:
        raise TagsRefused(what, f"is too long: {LONGEST_NAME} characters at most")
    if not name.isprintable() or ":" in name:
        raise TagsRefused(what, "contains characters it cannot have")
    return name


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        raise TagsRefused("The description", f"is too long: {LONGEST_DESCRIPTION:,} characters at most")
    return text.strip()
