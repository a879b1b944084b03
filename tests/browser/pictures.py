"""Pictures of every page of the running product, to be looked at by people.

    python -m tests.browser.pictures --address http://127.0.0.1:8000 [--only list,record]
        [--sizes 1440,1024,390] [--themes light,dark] [--languages zh-hans,en] [--out DIR]

`make pictures` does it for the product that `make run` serves (ARGS="--only list --sizes 390").
The product must run with its demo on the database that DATABASE_URL names. --readme makes the
small pictures in docs/pictures out of those that tests/browser/test_main_job.py has left.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.gallery import ARGUMENTS, CHROMIUM, WIDER, listen

if TYPE_CHECKING:
    from tests.browser.walk import Place

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "tests/pictures"
# What README.md shows: its name there, and the picture that the test of the main job made.
README = {
    "import": "zh-hans-04-checked",
    "palette": "zh-hans-07-palette",
    "record": "zh-hans-09-followed-up",
    "team": "zh-hans-10-team",
    "rights": "zh-hans-11-rights",
    "record-en": "en-09-followed-up",
}
PALETTE_COLOURS = 128  # README pictures are small files
Look = tuple[str, str]


def enter(browser: Any, address: str, who: str | None, look: Look) -> Any:
    """A browser of somebody's own, signed in through the form."""
    from accounts.models import User

    language, theme = look
    User.objects.filter(username=who).update(language=language, theme=theme)
    context = browser.new_context(
        base_url=address,
        locale="en-US" if language == "en" else "zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme=theme,
        reduced_motion="reduce",
    )
    if who:
        page = context.new_page()
        page.goto("/login/")
        page.fill("#username", who)
        page.fill("#password", "keyuan-demo")
        page.click("form:has(#password) button.primary")
        page.locator("#main").wait_for()
        page.close()
    return context


def draw(context: Any, place: Place, width: int, target: Path) -> list[str]:
    """One picture; what the page's scripts complained of."""
    faults: list[str] = []
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": WIDER[width]})
    listen(page, faults)
    page.goto(place.path, wait_until="networkidle")
    if place.then:
        place.then(page)
        page.wait_for_timeout(250)
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    page.close()
    return [
        f"{target.stem}: {fault}" for fault in faults if f"status of {place.status}" not in fault
    ]


def draw_all(
    address: str, places: Iterable[Place], sizes: list[int], looks: list[Look], out: Path
) -> list[str]:
    """All pictures, person by person so that each signs in once for each look."""
    from playwright.sync_api import sync_playwright

    faults: list[str] = []
    ordered = sorted(places, key=lambda place: place.who or "")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for look in looks:
            contexts: dict[str | None, Any] = {}
            for place, width in product(ordered, sizes):
                if place.who not in contexts:
                    contexts[place.who] = enter(browser, address, place.who, look)
                name = f"{place.name}-{width}-{look[0]}-{look[1]}.png"
                try:
                    faults += draw(contexts[place.who], place, width, out / name)
                except Exception as error:  # one page that fails must not cost the others
                    faults.append(f"{name}: {error}")
            for context in contexts.values():
                context.close()
        browser.close()
    return faults


def shrink(picture: Path, target: Path) -> None:
    """A small file for README.md: half the width, few colours."""
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as whole:
        small = whole.convert("RGB").resize((1080, 675), Image.Resampling.LANCZOS)
        small.quantize(PALETTE_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--only", default="")
    parser.add_argument("--sizes", default="1440,1024,390")
    parser.add_argument("--themes", default="light,dark")
    parser.add_argument("--languages", default="zh-hans,en")
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    if options.readme:
        for name, made in README.items():
            shrink(PICTURES / f"main-job/{made}.png", ROOT / f"docs/pictures/{name}.png")
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    import django

    django.setup()
    from tests.browser import walk

    wanted = set(filter(None, options.only.split(",")))
    places = [p for p in walk.places(walk.known()) if not wanted or p.name in wanted]
    sizes = [int(size) for size in options.sizes.split(",")]
    looks = list(product(options.languages.split(","), options.themes.split(",")))
    faults = draw_all(options.address, places, sizes, looks, options.out)
    print("\n".join(faults) or "no faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
