"""Jobs that are asked for by the clock, as the settings name it."""

from datetime import timedelta

from gallery.errors import TooManyJobs
from gallery.jobs.asking import ask_for
from gallery.jobs.kinds import Shop
from gallery.jobs.queue import is_time
from gallery.models.base import now
from gallery.models.jobs import last_created

_A_MINUTE = timedelta(seconds=90)


def ask_when_due(shop: Shop) -> None:
    """Ask for what the settings' clocks say is due, once in that minute."""
    settings = shop.settings
    _ask(shop, settings.cluster_cron, "cluster", {"reason": "schedule"})
    _ask(shop, settings.report_cron, "report", {"name": "all works"})


def _ask(shop: Shop, when: str, kind: str, asked: dict[str, str]) -> None:
    if not when or not is_time(when, now()):
        return
    with shop.database.reading() as session:
        last = last_created(session, kind)
    if last is not None and now() - last < _A_MINUTE:
        return
    try:
        ask_for(shop.database, shop.queue, kind, asked, by=None)
    except TooManyJobs:
        # Asked again within its minute: a full queue is no hurry.
        return
