"""The two commands: what they say when they cannot go on, and that they leave nothing behind."""

import ast
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from launcher import (
    advisories,
    database,
    environment,
    interpreter,
    management,
    probes,
    services,
    system_packages,
)
from launcher.postgres import LONGEST_SOCKET_FOLDER, socket_folder
from launcher.project import Project
from launcher.stops import Code, Stop, end_with_sentence, explain
from launcher.translations import compile_translations
from tests.kernel import standin

LAUNCHER = standin.ROOT / "launcher"


@pytest.fixture
def project(tmp_path):
    """A folder with requirements that no registry has to serve, and nothing else."""
    made = Project(tmp_path)
    made.make_folders()
    (tmp_path / "requirements.txt").write_text("keyuan-needs-this==1\n")
    return made


def test_a_port_in_use_names_another(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Stop, match=rf"Port {port} is in use .* PORT=\d+ make run") as stopped:
            probes.require_free_port(port)
    assert stopped.value.code == Code.PORT_IN_USE
    probes.require_free_port(port)


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "80.5"])
def test_nonsense_for_a_port_is_refused(text):
    with pytest.raises(Stop, match="is not a port"):
        probes.port_of({"PORT": text})


def test_the_port_is_8000_unless_given():
    assert probes.port_of({}) == 8000
    assert probes.port_of({"PORT": "8123"}) == 8123


def test_an_old_python_is_told_what_is_needed():
    assert "Python 3.9, but Keyuan CRM needs 3.11" in interpreter.refusal((3, 9, 2))
    assert interpreter.refusal((3, 11, 0)) is None
    assert interpreter.refusal((4, 0, 0)) is None


@pytest.mark.parametrize("name", ["__main__.py", "interpreter.py", "__init__.py"])
def test_what_an_old_python_must_read_is_written_for_it(name):
    ast.parse((LAUNCHER / name).read_text(), feature_version=(3, 6))


def test_a_newer_python_is_found_only_if_it_runs():
    assert interpreter.newer_python((sys.executable,)) is not None
    assert interpreter.newer_python(("false", "no-such-python")) is None


def test_the_set_up_imports_nothing_but_the_standard_library():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import launcher.setup, launcher.__main__"
    done = subprocess.run([sys.executable, "-S", "-c", code, standin.ROOT], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_a_full_disk_is_seen_before_any_work():
    def almost_full(_folder):
        return os.statvfs_result((4096, 4096, 10**6, 2560, 2560, 0, 0, 0, 0, 255))

    with pytest.raises(Stop, match="10 MB free and 200 MB are needed") as stopped:
        probes.require_space(Path("/"), 200, statvfs=almost_full)
    assert stopped.value.code == Code.DISK_FULL
    probes.require_space(Path("/"), 10, statvfs=almost_full)


def test_a_disk_that_fills_up_on_the_way_ends_in_the_same_sentence(capsys):
    assert end_with_sentence(OSError(errno.ENOSPC, "x")) == Code.DISK_FULL
    assert "The disk is full" in capsys.readouterr().err
    assert explain("npm", "npm ERR! ENOSPC: no space left", "log").code == Code.DISK_FULL
    with pytest.raises(OSError, match="other"):
        end_with_sentence(OSError(errno.EIO, "other"))


@pytest.mark.parametrize(
    "output",
    [
        "error: Failed to fetch: dns error: failed to lookup address",
        "NewConnectionError: Failed to establish a new connection: [Errno 111]",
        "npm error code EAI_AGAIN",
        "npm error network request failed, reason: connect ECONNREFUSED 127.0.0.1:9",
    ],
)
def test_output_of_a_lost_network_is_understood(output):
    assert explain("Python packages", output, "log").code == Code.NO_NETWORK


def test_any_other_failure_quotes_its_last_words():
    stop = explain("Python packages", "first\nno such version\n\n", "var/log/setup.log")
    assert stop.code == Code.STEP_FAILED
    assert "no such version" in str(stop)
    assert "var/log/setup.log" in str(stop)


def test_no_network_is_one_sentence(project, monkeypatch):
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(Stop, match=r"^No network: .*check the connection") as stopped:
        environment.ensure_environment(project, for_development=False)
    assert stopped.value.code == Code.NO_NETWORK


def test_only_changed_requirements_are_installed_again(project):
    (project.root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    project.venv.mkdir()
    for stamp, wanted in environment.outdated(project, for_development=True).items():
        stamp.write_text(wanted)
    assert not environment.outdated(project, for_development=True)
    assert not environment.outdated(project, for_development=False)
    (project.root / "requirements.txt").write_text("keyuan-needs-this==2\n")
    assert len(environment.outdated(project, for_development=True)) == 2


def test_a_missing_system_package_gives_the_line_to_type(project, monkeypatch, capsys):
    need = system_packages.Need("PDF printing", ("libpango-1.0-0",), lambda: False)
    line = "sudo apt-get install --no-install-recommends libpango-1.0-0"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CI", raising=False)
    system_packages.ensure(project, [need])
    assert line in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Stop, match=line) as stopped:
        system_packages.ensure(project, [need])
    assert stopped.value.code == Code.MISSING_PACKAGE


def test_a_required_package_stops_everywhere(project, monkeypatch):
    need = system_packages.Need("the environment", ("python3-venv",), lambda: False, True)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(Stop, match="python3-venv' and type the command again"):
        system_packages.ensure(project, [need])


def test_a_given_database_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(Stop, match=r"DATABASE_URL \(postgres://127.0.0.1/crm\)") as stopped:
        services.require_database("postgres://crm:hush@127.0.0.1:1/crm")
    assert stopped.value.code == Code.NO_DATABASE
    assert "hush" not in str(stopped.value)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path):
    project = Project(tmp_path)
    project.var.mkdir()
    refused = pytest.raises(Stop, match="already runs from this folder")
    with project.held_for_run(), refused, project.held_for_run():
        pass


def test_the_socket_path_stays_short(tmp_path):
    near, far = Path("/srv/crm/var/pg"), Path("/srv") / ("x" * 120)
    assert socket_folder(near, "k") == near / "socket"
    assert len(os.fsencode(socket_folder(far, "0123abcd"))) <= LONGEST_SOCKET_FOLDER


def test_the_services_file_is_for_its_owner_alone(project):
    project.write_services({"DATABASE_URL": "postgres://crm:hush@db/crm"})
    assert project.services_file.stat().st_mode & 0o777 == 0o600
    found: dict[str, str] = {}
    management.find_services(project, found)
    assert found == {"DATABASE_URL": "postgres://crm:hush@db/crm"}
    given = {"DATABASE_URL": "postgres://mine/crm"}
    management.find_services(project, given)
    assert given == {"DATABASE_URL": "postgres://mine/crm"}


def test_without_running_services_no_strangers_database_is_taken(project):
    found: dict[str, str] = {}
    management.find_services(project, found)
    assert str(project.var) in found["DATABASE_URL"] or "keyuan-" in found["DATABASE_URL"]


def test_translations_are_compiled_when_they_are_newer(tmp_path):
    source = tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n')
    assert compile_translations(tmp_path) == 2  # and the traditional one
    assert source.with_suffix(".mo").exists()
    assert compile_translations(tmp_path) == 0
    later = source.with_suffix(".mo").stat().st_mtime + 5
    os.utime(source, (later, later))
    assert compile_translations(tmp_path) == 2


def test_changed_code_asks_for_a_migrate(tmp_path):
    (tmp_path / "crm").mkdir()
    module = tmp_path / "crm" / "module.py"
    module.write_text("one = 1\n")
    before = database.code_fingerprint(Project(tmp_path))
    assert database.code_fingerprint(Project(tmp_path)) == before
    module.write_text("one = 11\n")
    assert database.code_fingerprint(Project(tmp_path)) != before


@pytest.fixture
def stand():
    """The stand-in project, in a folder that PostgreSQL's user can enter when we are root."""
    root = Path(tempfile.mkdtemp(prefix="keyuan-standin-"))
    root.chmod(0o755)
    standin.make(root)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.timeout(180)
def test_it_serves_survives_kill_9_keeps_data_and_leaves_no_process(stand):
    port = probes.free_port()
    with standin.running(stand, port) as run:
        assert f"http://127.0.0.1:{port}/" in run.said
        assert standin.answer(port) == 200
        created = run.manage("shell", "-c", CREATE)
        assert created.returncode == 0, created.stderr
        _kill_postgres(stand)
        assert standin.until(lambda: "1 person" in run.manage("shell", "-c", COUNT).stdout)
        assert run.press_ctrl_c() == 0
    assert standin.until(lambda: not standin.processes(stand), 5), standin.processes(stand)
    assert "the data are kept" in run.said
    assert not (stand / "var/services.json").exists()
    told = run.manage("migrate")
    assert told.returncode == Code.NO_DATABASE
    assert told.stderr == "The database does not run: type 'make run' or set DATABASE_URL.\n"


@pytest.mark.timeout(180)
def test_a_killed_launcher_takes_all_along_and_the_next_run_finds_the_data(stand):
    port = probes.free_port()
    with standin.running(stand, port) as run:
        assert run.manage("shell", "-c", CREATE).returncode == 0
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
    assert standin.until(lambda: not standin.processes(stand), 20), standin.processes(stand)
    with standin.running(stand, port) as again:
        assert "1 person" in again.manage("shell", "-c", COUNT).stdout


CREATE = "from django.contrib.auth.models import User; User.objects.create(username='kept')"
COUNT = "from django.contrib.auth.models import User; print(User.objects.count(), 'person')"


def _kill_postgres(root: Path) -> None:
    pid = int((root / "var/pg/data/postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("program", "is_required", "passes", "said"),
    [
        ("pass", False, True, "passed"),
        ("print('Found 1 known vulnerability'); raise SystemExit(1)", False, False, "FAILED"),
        ("print('npm error code ENOTFOUND'); raise SystemExit(1)", False, True, "nobody to ask"),
        ("print('ConnectionError'); raise SystemExit(1)", True, False, "nobody to ask"),
        ("import time; time.sleep(9)", False, True, "nobody to ask"),
    ],
)
def test_a_known_weakness_fails_and_silence_is_told(
    tmp_path, capsys, program, is_required, passes, said
):
    command = [sys.executable, "-c", program]
    assert advisories.passes("audit", command, tmp_path, is_required, seconds=1) is passes
    assert said in capsys.readouterr().out
