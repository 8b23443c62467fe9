"""Settings of the scraper, read once at the entry points from GALLERY_... variables and `.env`."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from scraper import __version__
from scraper.errors import ConfigError

PREFIX = "GALLERY_"


class Settings(BaseSettings):
    """What all three packages share."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Field(Path("data"), description="Folder of the library, thumbnails and embedded collection.")

    def __init__(self, **given: Any) -> None:
        """Read the environment and `.env`; raise `ConfigError` naming every variable with a value that will not do."""
        try:
            super().__init__(**given)
        except UnicodeDecodeError as error:
            raise ConfigError(".env", "not UTF-8 text", "Save it as UTF-8.") from error
        except ValidationError as error:
            # The value itself is left out: it may be a key that was put into the wrong variable.
            wrong = {PREFIX + str(each["loc"][0]).upper(): each["msg"].lower() for each in error.errors()}
            raise ConfigError(
                ", ".join(wrong), "; ".join(wrong.values()), "Correct the environment or .env; README.md has the table."
            ) from error

    @property
    def library_dir(self) -> Path:
        """Folder of the original pictures, their records and journals: the truth."""
        return self.data_dir / "library"

    @property
    def failed_dir(self) -> Path:
        """Folder of the pages that a source could not make anything of."""
        return self.data_dir / "failed"

    @property
    def derived_dir(self) -> Path:
        """Folder of everything that can be made again from the library."""
        return self.data_dir / "derived"


class ScraperSettings(Settings):
    """How pictures are collected."""

    contact: str = Field(
        "", description="Address or page put into the user agent; needed before any real site is visited."
    )
    browser: Path | None = Field(None, description="Chromium or Chrome to use; found by itself when empty.")
    browser_sandbox: Literal["auto", "on", "off"] = Field(
        "auto", description="Chromium's sandbox: `auto` switches it off only for root."
    )
    page_budget: float = Field(45.0, gt=0, description="Seconds that one page may take in the browser.")
    scrolls: int = Field(60, ge=1, description="Turns of the mouse wheel on one page, at most.")
    robots: Literal["obey", "ignore"] = Field("obey", description="Whether robots.txt is obeyed.")
    opt_outs: Literal["obey", "ignore"] = Field(
        "obey",
        description="Whether pictures are left out that their site reserves: X-Robots-Tag noai and the like, TDMRep.",
    )
    sources_on: str = Field(
        "", description="Sources used though they are off by default, with commas between them: artic, bing, google."
    )
    per_second: float = Field(1.0, gt=0, description="Requests per second to one host.")
    connections: int = Field(2, ge=1, le=8, description="Connections at a time to one host.")
    max_image_mb: int = Field(25, ge=1, description="Largest picture fetched or imported, in MB.")
    max_pixels: int = Field(60_000_000, ge=1_000_000, description="Largest picture decoded, in pixels.")
    min_side: int = Field(200, ge=1, description="Smallest side of a scraped picture, in pixels.")
    keep_free_gb: float = Field(1.0, ge=0, description="Disk space that is never used up, in GB.")
    max_store_gb: float = Field(50.0, gt=0, description="Largest size of the library, in GB.")
    deadline: int = Field(900, ge=1, description="Seconds after which a scrape is stopped.")

    @property
    def user_agent(self) -> str:
        """Who we are, for every request."""
        return f"semantic-gallery/{__version__} (+{self.contact or 'no contact given'})"
