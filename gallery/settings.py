"""Settings of the web site."""

from pydantic import Field

from indexer.settings import IndexerSettings


class GallerySettings(IndexerSettings):
    """How the site is served."""

    host: str = Field("127.0.0.1", description="Address the site listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the site listens on.")
    threads: int = Field(8, ge=1, le=64, description="Threads that answer requests.")
    site_name: str = Field("Semantic Gallery", min_length=1, max_length=80, description="Name shown on every page.")
    page_size: int = Field(48, ge=6, le=200, description="Works on one page of a listing.")
    base_url: str | None = Field(None, description="Public address of the site, when it stands behind a proxy.")
    proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front of the site whose X-Forwarded headers are believed."
    )
