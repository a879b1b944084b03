"""A backup as files: one folder or one .tar, each file with its checksum in the manifest."""

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
CONFIGURATION = "configuration.env"
MEDIA = "media"
BLOCK = 1024 * 1024


class BadBackup(Exception):
    """The backup cannot be used, or cannot be written there; the message is a sentence."""


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of what is left in a file."""
    found = hashlib.sha256()
    while block := file.read(BLOCK):
        found.update(block)
    return found.hexdigest()


def copy_with_digest(source: IO[bytes], target: Path) -> tuple[int, str]:
    """Copy a stream into a new file; its size and SHA-256."""
    found, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as written:
        while block := source.read(BLOCK):
            written.write(block)
            found.update(block)
            size += len(block)
    return size, found.hexdigest()


def digest_of_path(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return digest_of(file)


@contextmanager
def new_backup(target: Path) -> Iterator[Path]:
    """A folder to write into; it becomes `target`, whole or not at all. Raises BadBackup."""
    if target.exists():
        raise BadBackup(f"{target} is there already: name a new file or folder.")
    if not target.parent.is_dir():
        raise BadBackup(f"{target.parent} is no folder.")
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield folder
        if target.suffix == ".tar":
            _pack(folder, target)
        else:
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pack(folder: Path, target: Path) -> None:
    partial = folder.with_suffix(".partial")
    try:
        with tarfile.open(partial, "x") as packed:
            packed.add(folder / MANIFEST, MANIFEST)  # first: what it is can be read at once
            for path in sorted(folder.iterdir()):
                if path.name != MANIFEST:
                    packed.add(path, path.name)
        partial.chmod(0o600)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def opened_backup(source: Path) -> Iterator[Path]:
    """The folder of a backup; a .tar is unpacked beside itself for the time. Raises BadBackup."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise BadBackup(f"{source} is neither a folder nor a file.")
    with tempfile.TemporaryDirectory(prefix=f".{source.name}-", dir=source.parent) as place:
        try:
            with tarfile.open(source) as packed:
                packed.extractall(place, filter="data")
        except (tarfile.TarError, OSError) as error:
            raise BadBackup(f"{source} cannot be unpacked: {error}") from None
        yield Path(place)


def write_manifest(folder: Path, facts: dict[str, Any]) -> str:
    """Write what the backup holds, with the checksum of every file; the manifest's own checksum."""
    known = facts.pop("digests", {})
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            files[name] = known.get(name) or digest_of_path(path)
    manifest = folder / MANIFEST
    manifest.write_text(
        json.dumps({"format": FORMAT, **facts, "files": files}, ensure_ascii=False, indent=1)
    )
    return digest_of_path(manifest)


def read_manifest(folder: Path, expected: str = "") -> dict[str, Any]:
    """The manifest, after every file was compared with its checksum. Raises BadBackup."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise BadBackup("This is no backup: it has no manifest.json.")
    if expected and digest_of_path(manifest) != expected:
        raise BadBackup("The manifest is not the one whose checksum was given.")
    try:
        facts = dict(json.loads(manifest.read_text()))
        files = dict(facts["files"])
    except (ValueError, KeyError, TypeError):
        raise BadBackup("The manifest cannot be read.") from None
    if facts.get("format") != FORMAT:
        raise BadBackup(f"The backup has format {facts.get('format')}, this version reads 1.")
    there = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {MANIFEST}
    strange = sorted(there ^ set(files))
    if strange:
        raise BadBackup(f"Missing or foreign files in the backup: {', '.join(strange[:5])}.")
    for name, digest in files.items():
        if digest_of_path(folder / name) != digest:
            raise BadBackup(f"{name} is not what was saved: its checksum differs.")
    return facts
