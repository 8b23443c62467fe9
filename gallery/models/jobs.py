"""Jobs as people see them: who asked for what, how far it is, and what came of it."""

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gallery.models.base import Base, now, one_of

State = Literal["queued", "running", "done", "partly", "failed", "cancelled", "interrupted"]
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("queued", "running")


class Job(Base):
    """One job; `asked` holds what it was started with, `progress` how far each source and stage is.

    `counts` sums up what was found, stored and skipped; `message` is the sentence people read first;
    `pid` and `heartbeat_at` tell whether the process that works on it still lives.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", STATES),
        # The database itself refuses a second live job for an artist, whichever process starts it.
        Index(
            "one_live_job_per_artist",
            "artist_id",
            unique=True,
            sqlite_where=one_of("state", LIVE).sqltext,
            postgresql_where=one_of("state", LIVE).sqltext,
        ),
        Index("ix_jobs_state_created_at", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artists.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    state: Mapped[State] = mapped_column(String(16), default="queued")
    stage: Mapped[str | None] = mapped_column(String(32))
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message: Mapped[str | None] = mapped_column(Text)
    log: Mapped[str] = mapped_column(Text, default="")
    pid: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
