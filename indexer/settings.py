"""Settings of the indexer."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from indexer.thumbnails import beside
from scraper.settings import Settings


class IndexerSettings(Settings):
    """How pictures become vectors, and where these are kept."""

    backbone: Literal["auto", "resnet18", "resnet34", "resnet50", "resnet101", "efficientnet_lite0"] = Field(
        "resnet50",
        description="Network that makes the vectors; `auto` takes ResNet-50 or what can be had offline.",
    )
    weights: Path | None = Field(
        None, description="State-dict file for the backbone; else torch's cache, then a download."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where the network runs.")
    batch_size: int = Field(0, ge=0, le=512, description="Pictures in one forward pass; 0 chooses by the device.")
    decoders: int = Field(0, ge=0, description="Processes that decode ahead of the model; 0 chooses by the machine.")
    qdrant_url: str | None = Field(
        None, description="Qdrant server, by http, https, grpc or grpcs; when empty, the embedded Qdrant Edge is used."
    )
    qdrant_api_key: SecretStr | None = Field(None, description="Key for the Qdrant server.")
    qdrant_timeout: int = Field(30, ge=1, description="Seconds to wait for an answer of the Qdrant server.")
    collection: str = Field("artworks", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Name of the collection.")

    @property
    def qdrant_dir(self) -> Path:
        """Folder of the embedded collection."""
        return self.data_dir / "qdrant" / self.collection

    @property
    def statistics_dir(self) -> Path:
        """Folder of the statistics that make the lenses."""
        return self.derived_dir / "lenses"

    @property
    def thumbnails_dir(self) -> Path:
        """Folder of the pictures that pages show."""
        return self.derived_dir / "thumbnails"

    @property
    def map_dir(self) -> Path:
        """Folder of the collection's map and its tiles."""
        return self.derived_dir / "map" / self.collection

    @property
    def tiles_dir(self) -> Path:
        """Folder of the pieces of pictures that viewers are sent."""
        return beside(self.thumbnails_dir)
