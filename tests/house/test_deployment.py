"""What Dockerfile and docker-compose.yml name exists and agrees."""

import itertools
import re
import shlex
from importlib.metadata import distribution, entry_points
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
# What the official images bring; each is named in its image's documentation.
IMAGE_PROGRAMS = {
    "postgres": {"pg_isready"},
    "redis": {"redis-server", "redis-cli"},
    "proxy": {"wget"},
}
IMAGE_VARIABLES = {
    "postgres": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"},
    "redis": {"REDISCLI_AUTH"},
}
SHELL_PROGRAMS = {"find", "grep", "python"}
STANDARD_PORTS = {"postgres": 5432, "redis": 6379}


def _instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, argument), continuation lines joined, comments gone."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def _required_packages() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {re.split(r"[=<>;\[ ]", line)[0].lower() for line in lines if line.strip()}


def _scripts_of_requirements() -> set[str]:
    """The console scripts that requirements.txt itself brings."""
    found = set()
    for point in entry_points(group="console_scripts"):
        if point.dist and point.dist.name.lower().replace("_", "-") in _required_packages():
            found.add(point.name)
    return found


def _variables_read_by_settings() -> set[str]:
    text = "".join(path.read_text() for path in (ROOT / "crm/settings").glob("*.py"))
    named = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text))
    return named | {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}


def _health(name: str) -> list[str]:
    kind, *command = SERVICES[name]["healthcheck"]["test"]
    assert kind in {"CMD", "CMD-SHELL"}
    return command if kind == "CMD" else shlex.split(command[0])


def _commands(name: str) -> list[list[str]]:
    service = SERVICES[name]
    found = [service["command"]] if "command" in service else []
    return [*found, _health(name)] if "healthcheck" in service else found


def _image_command() -> list[str]:
    argument = next(text for word, text in _instructions() if word == "CMD")
    return list(yaml.safe_load(argument))


def _assert_runs(command: list[str]) -> None:
    """The program exists in our image, and so does every file and application it names."""
    assert command[0] in _scripts_of_requirements() | SHELL_PROGRAMS, command
    for word in command[1:]:
        if re.fullmatch(r"[\w./-]+\.py", word):
            assert (ROOT / word).is_file(), word
        if match := re.fullmatch(r"(crm[\w.]*)(?::(\w+))?", word):
            module = ROOT / (match[1].replace(".", "/") + ".py")
            assert module.is_file(), word
            assert re.search(rf"^{match[2] or 'app'} = ", module.read_text(), re.MULTILINE), word


def test_the_services_are_all_there_and_each_is_watched():
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "postgres", "redis", "proxy"}
    assert OURS == ["beat", "migrate", "web", "worker"]
    assert [name for name in SERVICES if "healthcheck" not in SERVICES[name]] == ["migrate"]


@pytest.mark.parametrize("name", OURS)
def test_our_commands_can_run(name):
    for command in _commands(name):
        _assert_runs(command)


def test_the_images_own_command_is_that_of_the_web_service():
    _assert_runs(_image_command())
    assert _image_command() == SERVICES["web"]["command"]


@pytest.mark.parametrize("name", sorted(IMAGE_PROGRAMS))
def test_commands_of_foreign_images_are_theirs(name):
    for command in _commands(name):
        assert command[0] in IMAGE_PROGRAMS[name]


def test_the_management_command_exists():
    assert SERVICES["migrate"]["command"][:3] == ["python", "manage.py", "migrate"]


@pytest.mark.parametrize("name", OURS)
def test_our_variables_are_read_by_the_settings(name):
    assert set(SERVICES[name]["environment"]) <= _variables_read_by_settings()
    assert SERVICES[name]["environment"]["DJANGO_SETTINGS_MODULE"] == "crm.settings.production"


def test_variables_of_foreign_images_are_known_there():
    for name, known in IMAGE_VARIABLES.items():
        assert set(SERVICES[name]["environment"]) <= known
    caddyfile = (ROOT / "deploy/Caddyfile").read_text()
    read = set(re.findall(r"\{\$(\w+)\}", caddyfile))
    assert set(SERVICES["proxy"]["environment"]) == read


def test_every_variable_to_fill_in_is_explained():
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{(\w+)", text))
    example = (ROOT / "deploy/example.env").read_text().splitlines()
    explained = set()
    for before, line in itertools.pairwise(example):
        if match := re.match(r"(\w+)=", line):
            assert before.startswith("#") or "=" in before, f"{match[1]} has no comment"
            explained.add(match[1])
    assert used == explained


def test_ports_agree_all_the_way():
    web = SERVICES["web"]
    bind = web["command"][web["command"].index("--bind") + 1]
    port = int(bind.rpartition(":")[2])
    assert web["expose"] == [str(port)]
    assert ("EXPOSE", str(port)) in _instructions()
    health = (ROOT / "deploy/health.py").read_text()
    assert int(re.search(r"^PORT = (\d+)", health, re.MULTILINE)[1]) == port
    upstream = re.search(r"reverse_proxy (\w+):(\d+)", (ROOT / "deploy/Caddyfile").read_text())
    assert (upstream[1], int(upstream[2])) == ("web", port)
    for variable in ("DATABASE_URL", "REDIS_URL"):
        address = urlsplit(re.sub(r"\$\{[^}]*\}", "x", web["environment"][variable]))
        assert address.port == STANDARD_PORTS[address.hostname]
        assert SERVICES[address.hostname]["expose"] == [str(address.port)]


def test_only_the_proxy_is_open_to_the_network():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_services_wait_for_services_that_exist():
    for service in SERVICES.values():
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]


def test_volumes_are_declared_and_the_media_folder_is_one():
    used = set()
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])
    for name in ("web", "worker"):
        media = SERVICES[name]["environment"]["MEDIA_ROOT"]
        assert f"media:{media}" in SERVICES[name]["volumes"]
        assert any(word == "RUN" and media in text for word, text in _instructions())


def test_media_are_not_served_by_the_proxy():
    caddyfile = (ROOT / "deploy/Caddyfile").read_text()
    assert "file_server" not in caddyfile
    assert "media" not in str(SERVICES["proxy"]["volumes"])


def test_files_that_the_dockerfile_copies_exist():
    ignored = (ROOT / ".dockerignore").read_text().split()
    for word, text in _instructions():
        if word == "COPY" and "--from" not in text:
            for source in text.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source not in ignored, source


def test_the_image_runs_as_an_ordinary_user():
    instructions = _instructions()
    users = [text for word, text in instructions if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert any(
        word == "RUN" and f"useradd --uid 10001 --create-home {users[-1]}" in text
        for word, text in instructions
    )
    words = [word for word, _ in instructions]
    assert "RUN" not in words[words.index("USER") :]


def test_the_front_end_packages_of_the_settings_are_installed_by_npm():
    settings = (ROOT / "crm/settings/base.py").read_text()
    package = yaml.safe_load((ROOT / "package.json").read_text())
    folders = re.findall(r"node_modules/((?:@[\w.-]+/)?[\w.-]+)", settings)
    assert folders
    assert set(folders) <= set(package["dependencies"])


def test_requirements_are_installed_as_pinned():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.strip():
            name, version = re.fullmatch(r"([\w-]+)==([\w.]+)(?: *;.*)?", line.strip()).groups()
            assert distribution(name).version == version
