"""Which part of a picture is shown, where a curator cut a border or a frame off; the file stays as it came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.models.base import Base, now
from gallery.models.users import User
from indexer.cropping import Box


class Crop(Base):
    """The part of one picture that is shown, with its size in pixels; all of it, where a crop was undone."""

    __tablename__ = "crops"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    box: Mapped[Any] = mapped_column(JSON, nullable=True)
    width: Mapped[int]
    height: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    @property
    def part(self) -> tuple[float, ...]:
        """The part as the collection has it; nothing means all."""
        return tuple(self.box or ())

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the collection says of the work because of this."""
        return {"crop": self.part, "width": self.width, "height": self.height}


def all_crops(session: Session) -> Mapping[str, Crop]:
    """Return the crops of all works that have any, or had, by sha256."""
    return {crop.sha256: crop for crop in session.scalars(select(Crop))}


def set_crop(session: Session, sha256: str, box: Box | None, size: tuple[int, int], by: User) -> None:
    """Have a part of a picture shown from the next indexing on, or all of it."""
    width, height = size
    part = list(box) if box else None
    session.merge(Crop(sha256=sha256, box=part, width=width, height=height, user_id=by.id, at=now()))
