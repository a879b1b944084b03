"""Every page drawn from samples, without a database: HTML and pictures to look at.

    python -m tests.browser.gallery [--out DIR] [--only list,record] [--language zh-hans] [--check]

Pictures: each page at 1440, 1024 and 390 px, light and dark. --check reports script errors,
refusals of the content policy, sideways scroll and, where axe-core is installed, serious faults of
accessibility.
"""

import argparse
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODULES = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SIZES = {1440: 900, 1024: 768, 390: 844}
WIDER = {**SIZES, 1920: 1080}  # for pictures; tests take SIZES
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def prepare(language: str, locale: str | None) -> None:
    """Settings and translations, but no app with models: the gallery works while they don't."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test")
    from django.apps import apps
    from django.conf import settings
    from django.utils import translation

    if locale:
        settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, Path(locale)]
    apps.populate(["django.contrib.staticfiles"])
    translation.activate(language)


def render(template: str, context: dict[str, Any]) -> str:
    """One template with the project's builtins and no context processors."""
    from django.template import Context, Engine

    engine = Engine(
        dirs=[str(ROOT / "templates")],
        builtins=["django.templatetags.i18n", "crm.templatetags.crm"],
        libraries={"static": "django.templatetags.static", "i18n": "django.templatetags.i18n"},
    )
    return engine.get_template(template).render(Context(context))


def write(out: Path, language: str) -> None:
    """Every page and fragment of the samples as a file in `out`."""
    from tests.browser.samples.pages import PAGES

    out.mkdir(parents=True, exist_ok=True)
    (out / "sw.js").write_text("// a drawn page keeps nothing\n", encoding="utf-8")
    for name, (template, context) in PAGES.items():
        text = render(template, {**context(), "LANGUAGE_CODE": language})
        (out / f"{name}.html").write_text(text, encoding="utf-8")


class Handler(SimpleHTTPRequestHandler):
    """The drawn pages, and static files where the product has them, under the product's policy."""

    def translate_path(self, path: str) -> str:
        clean = path.split("?")[0]
        if clean.startswith("/static/vendor/htmx/"):
            return str(MODULES / "htmx.org/dist" / clean.rsplit("/", 1)[1])
        if clean.startswith("/static/"):
            return str(ROOT / clean.lstrip("/"))
        return super().translate_path(path)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """An address that serves `folder` until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def faults_of(page: Any, name: str, axe: Path) -> list[str]:
    """What is wrong with the page as it stands: sideways scroll, serious axe findings."""
    found = []
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{name}: scrolls sideways")
    if axe.exists():
        page.evaluate(axe.read_text(encoding="utf-8"))
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        for item in result["violations"]:
            if item["impact"] in ("serious", "critical"):
                where = "; ".join(node["html"][:120] for node in item["nodes"][:3])
                found.append(f"{name}: {item['id']} ×{len(item['nodes'])}: {where}")
    return found


def listen(page: Any, faults: list[str]) -> None:
    """Every error that the page's scripts or the content policy report goes into `faults`."""

    def note(line: Any) -> None:
        if line.type == "error":
            faults.append(f"console: {line.text[:200]} {line.location.get('url', '')}")

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))


def draw(
    out: Path, names: list[str], sizes: list[int], themes: list[str], check: bool
) -> list[str]:
    """Pictures of the pages in `out`; the faults when `check`."""
    from playwright.sync_api import sync_playwright

    axe = MODULES / "axe-core/axe.min.js"
    faults: list[str] = []
    with served(out) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in sizes:
            page = browser.new_page(
                viewport={"width": width, "height": SIZES[width]}, reduced_motion="reduce"
            )
            listen(page, faults)
            for name, theme in product(names, themes):
                page.goto(f"{address}/{name}.html")
                page.evaluate("t => document.documentElement.dataset.bsTheme = t", theme)
                page.wait_for_timeout(120)
                page.screenshot(path=out / f"{name}-{width}-{theme}.png")
                if check:
                    faults += faults_of(page, f"{name}-{width}-{theme}", axe)
            page.close()
        browser.close()
    return list(dict.fromkeys(faults))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default="/tmp/gallery")
    parser.add_argument("--only", default="")
    parser.add_argument("--sizes", default="1440,1024,390")
    parser.add_argument("--themes", default="light,dark")
    parser.add_argument("--language", default="zh-hans")
    parser.add_argument("--locale", help="a further folder of translations")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    prepare(options.language, options.locale)
    from tests.browser.samples.pages import FRAGMENTS, PAGES

    out = Path(options.out)
    write(out, options.language)
    names = [name for name in options.only.split(",") if name] or [
        name for name in PAGES if name not in FRAGMENTS
    ]
    sizes = [int(size) for size in options.sizes.split(",")]
    faults = draw(out, names, sizes, options.themes.split(","), options.check)
    print("\n".join(faults) or "no faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
