"""Settings: the table in the README and .env.example are what the code reads, and bad values are named.

Run this file as a program to write the table and the example anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from gallery.checkup import settings as checkup
from gallery.cli import VERBS
from gallery.errors import GalleryError
from gallery.settings import GallerySettings
from indexer.errors import IndexerError
from indexer.settings import IndexerSettings
from scraper.errors import ConfigError, ScraperError
from scraper.settings import PREFIX, ScraperSettings, Settings

ROOT = Path(__file__).parents[1]
README, EXAMPLE = ROOT / "README.md", ROOT / ".env.example"
BEGIN, END = "<!-- settings: made by tests/test_gallery_settings.py -->\n", "<!-- end of settings -->\n"
AGAIN = "run: python tests/test_gallery_settings.py"

GROUPS: dict[str, tuple[type[Settings], type[Settings] | None]] = {
    "For all": (Settings, None),
    "Collecting": (ScraperSettings, Settings),
    "Embedding and the collection": (IndexerSettings, Settings),
    "The site": (GallerySettings, IndexerSettings),
}


def groups() -> Iterator[tuple[str, dict[str, FieldInfo]]]:
    for title, (owner, base) in GROUPS.items():
        inherited = base.model_fields if base else {}
        yield title, {name: field for name, field in owner.model_fields.items() if name not in inherited}


def default(field: FieldInfo) -> str:
    return "" if field.default is None else str(field.default)


def choices(field: FieldInfo) -> str:
    kind = field.annotation
    values = get_args(kind) if get_origin(kind) is Literal else ()
    return f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""


def table() -> str:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for title, fields in groups():
        rows.append(f"| **{title}** | | |")
        for name, field in fields.items():
            shown = f"`{default(field)}`" if default(field) else ""
            rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description}{choices(field)} |")
    return "\n".join(rows) + "\n"


def example() -> str:
    lines = ["# Copy this to .env and take the # from what you set. README.md has the same as a table."]
    for title, fields in groups():
        lines += ["", f"# {title}"]
        for name, field in fields.items():
            lines += [
                f"# {field.description}{choices(field)}".replace("`", ""),
                f"#{PREFIX}{name.upper()}={default(field)}",
            ]
    return "\n".join(lines) + "\n"


def readme_with(content: str) -> str:
    before, _, rest = README.read_text().partition(BEGIN)
    return before + BEGIN + content + END + rest.partition(END)[2]


def test_the_readme_has_the_table_of_all_settings() -> None:
    assert README.read_text() == readme_with(table()), AGAIN


def test_the_example_has_every_setting_with_its_default() -> None:
    assert EXAMPLE.read_text() == example(), AGAIN


def test_every_variable_that_is_read_is_in_the_readme_and_none_else() -> None:
    assert set(re.findall(r"GALLERY_[A-Z_]*[A-Z]", README.read_text())) == checkup.known()


def test_every_file_the_readme_shows_or_links_is_there_and_its_picture_is_small() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README.read_text())
    assert {"screenshot.webp", "LICENSE", "CHANGELOG.md"} <= set(linked)
    assert all((ROOT / name).is_file() for name in linked)
    assert (ROOT / "screenshot.webp").stat().st_size < 300_000


def test_the_readme_names_every_command_and_every_exit_code() -> None:
    text = README.read_text()
    assert set(re.findall(r"^\| `gallery (\w+)` \|", text, flags=re.M)) == VERBS.keys()
    families = [ScraperError, IndexerError, GalleryError]
    for family in families:
        families += family.__subclasses__()
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.M)}
    assert {family.exit_code for family in families} <= documented


def test_the_example_changes_nothing_when_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean(monkeypatch, tmp_path)
    bare = {kind: kind().model_dump() for kind in (ScraperSettings, GallerySettings)}
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert {kind: kind().model_dump() for kind in bare} == bare
    # The defaults as they stand there can be read back, too.
    (tmp_path / ".env").write_text(EXAMPLE.read_text().replace("#GALLERY", "GALLERY"))
    assert {kind: kind().model_dump() for kind in bare} == bare


@pytest.mark.parametrize("name", sorted(GallerySettings.model_fields.keys() | ScraperSettings.model_fields.keys()))
def test_every_setting_is_described_in_a_sentence(name: str) -> None:
    field = {**ScraperSettings.model_fields, **GallerySettings.model_fields}[name]
    assert field.description
    assert field.description[0].isupper()
    assert field.description.endswith(".")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GALLERY_PORT", "abc", "valid integer"),
        ("GALLERY_PORT", "70000", "less than or equal to 65535"),
        ("GALLERY_COLLECTION", "../up", "match pattern"),
        ("GALLERY_BACKBONE", "vgg16", "'resnet50'"),
        ("GALLERY_PROXIES", "-1", "greater than or equal to 0"),
        ("GALLERY_BASE_URL", "gallery.example", "http"),
        ("GALLERY_SITE_NAME", "x" * 81, "80"),
    ],
)
def test_a_value_that_will_not_do_is_named(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clean(monkeypatch, tmp_path)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        GallerySettings()
    assert caught.value.exit_code == 2
    assert caught.value.name == variable
    assert said in str(caught.value)


def test_all_wrong_values_are_named_at_once_and_none_is_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clean(monkeypatch, tmp_path)
    monkeypatch.setenv("GALLERY_PORT", "hunter2")
    monkeypatch.setenv("GALLERY_THREADS", "0")
    with pytest.raises(ConfigError, match="GALLERY_PORT, GALLERY_THREADS") as caught:
        GallerySettings()
    assert "hunter2" not in str(caught.value)


def test_an_env_file_in_another_encoding_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean(monkeypatch, tmp_path)
    (tmp_path / ".env").write_bytes("GALLERY_SITE_NAME=Musée".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"\.env: not UTF-8 text"):
        GallerySettings()


def test_an_empty_value_is_none_and_the_process_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean(monkeypatch, tmp_path)
    (tmp_path / ".env").write_text("GALLERY_PORT=9000\nGALLERY_QDRANT_URL=\nGALLERY_SITE_NAME=From the file\n")
    monkeypatch.setenv("GALLERY_SITE_NAME", "From the process")
    settings = GallerySettings()
    assert (settings.port, settings.qdrant_url, settings.site_name) == (9000, None, "From the process")


def test_a_secret_shows_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean(monkeypatch, tmp_path)
    monkeypatch.setenv("GALLERY_QDRANT_API_KEY", "s3cret" * 6)
    settings = GallerySettings()
    assert "s3cret" not in repr(settings) + str(settings) + str(settings.model_dump())
    secrets = [name for name in GallerySettings.model_fields if re.search("key|password|secret|database_url", name)]
    assert all(SecretStr in get_args(GallerySettings.model_fields[name].annotation) for name in secrets)


def clean(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.chdir(folder)
    for name in checkup.known():
        monkeypatch.delenv(name, raising=False)


if __name__ == "__main__":
    EXAMPLE.write_text(example())
    README.write_text(readme_with(table()))
