"""Labels to look at again: those that models which had not seen them contradict, and those curators differ on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template

from gallery.accounts.identity import needs
from gallery.admin.tagging import blueprint
from gallery.admin.tagging.desk import set_or_404
from gallery.catalogue import store
from gallery.ledger import database
from gallery.models.tagging import TagDecision, latest_model, standing
from gallery.models.users import all_users
from gallery.tagging.truth import agreement_of
from indexer.errors import UnknownArtwork
from indexer.store.model import Artwork, artwork_id

_MOST = 30


@dataclass(frozen=True, slots=True)
class Doubt:
    """A labelled work, and what speaks against its label."""

    work: Artwork
    label: str
    present: bool
    rather: str
    probability: float


@blueprint.get("/<int:set_id>/doubts")
@needs("curator")
def doubts(set_id: int) -> str:
    """Show suspicious labels, the worst first, and the works that curators differ on."""
    tags = set_or_404(set_id)
    with database().reading() as session:
        model, decided = latest_model(session, set_id), standing(session, set_id)
        names = {user.id: user.name for user in all_users(session)}
    suspected = model.metrics["suspects"] if model else []
    newest = _newest(decided)
    open_ = [each for each in suspected if newest.get(each["work"], 0) <= (model.last_decision if model else 0)]
    disputed = agreement_of(tags, decided).disputed
    return render_template(
        "admin/tagging/doubts.html",
        tags=tags,
        model=model,
        left=len(open_),
        doubts=[doubt for each in open_[:_MOST] if each["work"] in newest and (doubt := _doubt(each))],
        disputed=[(work, by) for sha256, by in list(disputed.items())[:_MOST] if (work := _work(artwork_id(sha256)))],
        names=names,
    )


def _newest(decided: Any) -> Mapping[str, int]:
    found: dict[str, int] = {}
    each: TagDecision
    for each in decided:
        found[artwork_id(each.sha256)] = each.id
    return found


def _doubt(each: dict[str, Any]) -> Doubt | None:
    work = _work(each["work"])
    return Doubt(work, each["label"], each["present"], each["rather"], each["probability"]) if work else None


def _work(work: str) -> Artwork | None:
    try:
        return store().get(work)
    except UnknownArtwork:
        # Removed since it was labelled.
        return None
