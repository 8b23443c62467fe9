"""Settings of the web site."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from indexer.settings import IndexerSettings


class GallerySettings(IndexerSettings):
    """How the site is served."""

    host: str = Field("127.0.0.1", description="Address the site listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the site listens on; 0 takes a free one.")
    threads: int = Field(8, ge=1, le=64, description="Threads that answer requests.")
    site_name: str = Field("Semantic Gallery", min_length=1, max_length=80, description="Name shown on every page.")
    page_size: int = Field(48, ge=6, le=200, description="Works on one page of a listing.")
    base_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="Public address of the site, when it stands behind a proxy.",
    )
    proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front of the site whose X-Forwarded headers are believed."
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL database, as postgresql://user:password@host/name; a SQLite file when empty."
    )
    secret_key: SecretStr | None = Field(
        None, min_length=32, description="Key that signs sessions; made once and kept in the data folder when empty."
    )
    secure_cookies: Literal["auto", "on", "off"] = Field(
        "auto", description="Whether cookies need https: `auto` asks for it wherever the site is reached by https."
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis server that carries jobs to workers, as redis://host:6379/0; a SQLite file when empty."
    )
    workers: int = Field(1, ge=1, le=8, description="Jobs worked on at a time by one process.")
    upload_mb: int = Field(200, ge=1, le=4000, description="Largest upload of pictures or of a zip of them, in MB.")
    picture_mb: int = Field(20, ge=1, le=200, description="Largest picture that visitors may search with, in MB.")
    picture_queue: int = Field(
        4, ge=0, le=64, description="Pictures of visitors that may wait while another is looked at."
    )
    tiles_mb: int = Field(
        1000, ge=10, le=1_000_000, description="Room for pictures cut into pieces for IIIF viewers, in MB."
    )
    cluster_cron: str = Field(
        "", description="When to cluster anew, as a cron expression in UTC such as `30 3 * * 1`; never when empty."
    )
    report_cron: str = Field(
        "", description="When to make a report of the collection, as `GALLERY_CLUSTER_CRON`; never when empty."
    )
    cluster_after: int = Field(0, ge=0, description="New works after which to cluster anew; never when 0.")
    cluster_engine: Literal["numpy", "sklearn-extra"] = Field("numpy", description="What finds the clusters of jobs.")
    map_after: int = Field(0, ge=0, description="New works after which to lay the map out anew; never when 0.")
    hold: Literal["off", "lenient", "usual", "strict"] = Field(
        "usual", description="How soon collected works that are far from all their artist has wait for a curator."
    )
    session_hours: int = Field(12, ge=1, le=720, description="Hours after which one has to sign in again.")

    @property
    def database(self) -> str:
        """Address of the database that holds accounts, jobs and decisions; it may contain a password."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        """File of the database, when no other is named."""
        return self.data_dir / "gallery.sqlite3"

    @property
    def graph_dir(self) -> Path:
        """Folder of the graph of neighbours, along which paths between works lead."""
        return self.derived_dir / "graph"

    @property
    def exports_dir(self) -> Path:
        """Folder of data sets made on the desk, one below it for each job."""
        return self.derived_dir / "exports"

    @property
    def facts_file(self) -> Path:
        """File of what is told of artists, written from the database so that visitors' pages need not ask it."""
        return self.derived_dir / "artists.json"

    @property
    def versions_file(self) -> Path:
        """File of which works are versions of each other, written from the database for visitors' pages."""
        return self.derived_dir / "versions.json"

    @property
    def reports_dir(self) -> Path:
        """Folder of the reports of the collection, which cannot be made again."""
        return self.data_dir / "reports"

    @property
    def portraits_file(self) -> Path:
        """File of what the works of each artist and movement are like as a whole, written by indexing."""
        return self.derived_dir / "portraits.npz"

    @property
    def bands_file(self) -> Path:
        """File of where bands of likeness begin by curators' verdicts, written for visitors' pages."""
        return self.derived_dir / "bands.json"

    @field_validator("cluster_cron", "report_cron")
    @classmethod
    def _is_cron(cls, value: str) -> str:
        if value:
            from gallery.jobs.queue import is_time

            is_time(value, datetime.now(UTC))
        return value

    @property
    def models_dir(self) -> Path:
        """Folder of the models learned for curators' tag sets."""
        return self.data_dir / "models"

    @property
    def queue_file(self) -> Path:
        """File of the queue that carries jobs to workers, when there is no Redis server."""
        return self.data_dir / "queue.sqlite3"

    @property
    def previews_dir(self) -> Path:
        """Folder of what previews have fetched, one below it for each; nothing in it is needed for long."""
        return self.data_dir / "previews"

    @property
    def uploads_dir(self) -> Path:
        """Folder of what was uploaded, one below it for each; it is gone when its works are in the library."""
        return self.data_dir / "uploads"

    @property
    def secret_file(self) -> Path:
        """File of the key that signs sessions, when the environment gives none."""
        return self.data_dir / "secret-key"
