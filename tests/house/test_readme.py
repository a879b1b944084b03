"""README.md tells of every variable, person, file and picture, and of none that isn't there."""

import re
from pathlib import Path

import pytest

from accounts.demo import DEMO_PASSWORD, PEOPLE

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
READ = re.compile(r'\benv\.\w+\(\s*"([A-Z][A-Z0-9_]*)"')
TABLE = README.partition("## Configuration")[2]
LARGEST_PICTURE = 150 * 1024


def variables() -> set[str]:
    """Every variable that the settings read."""
    texts = (path.read_text() for path in (ROOT / "crm/settings").glob("*.py"))
    return {name for text in texts for name in READ.findall(text)}


def test_every_variable_is_explained() -> None:
    assert {name for name in variables() if f"`{name}`" not in TABLE} == set()


def test_no_variable_is_invented() -> None:
    told = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", TABLE, re.MULTILINE))
    assert told - variables() == {"DJANGO_SETTINGS_MODULE"}


@pytest.mark.parametrize(
    "name", ["admin", "director", "manager", "rep", "rep2", "agent", "marketer", "finance"]
)
def test_demo_people_stand_in_both_languages(name: str) -> None:
    assert README.count(f"\n| `{name}` |") == 2
    assert README.count(PEOPLE[name][0]) >= 2
    assert README.count(DEMO_PASSWORD) >= 2


def test_files_and_pictures_are_there() -> None:
    pictures = set(re.findall(r"docs/pictures/[\w.-]+", README))
    told = pictures | set(re.findall(r"`((?:docs|deploy)/[\w./-]+|docker-compose\.yml)`", README))
    assert {name for name in told if not (ROOT / name).exists()} == set()
    kept = {f"docs/pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()}
    assert kept == pictures
    assert len(kept) <= 6
    assert max((ROOT / name).stat().st_size for name in kept) <= LARGEST_PICTURE
