"""The chores themselves, inside the environment: `python -m launcher.chores` and a word."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.request import urlopen

from launcher.checks import check, fmt
from launcher.management import find_services
from launcher.probes import port_of
from launcher.processes import Service, follow_parent, last_line
from launcher.project import Project, this_project
from launcher.services import Services, program_environment, throw_away_folder
from launcher.stops import Code, Stop, end_with_sentence, explain, say
from launcher.supervisor import Supervisor
from launcher.system_packages import chromium_executable
from launcher.translations import compile_translations


def programs(project: Project, environment: dict[str, str], port: int) -> list[Service]:
    """The product's own programs; the web server comes first."""
    python = str(project.python)
    celery = [python, "-m", "celery", "-A", "crm.celery"]
    quiet = ["--loglevel", "WARNING"]
    web = [python, "-m", "gunicorn", "crm.wsgi:application", "-c", "deploy/gunicorn.conf.py"]
    commands = {
        "web": [*web, "--bind", f"127.0.0.1:{port}"],
        "worker": [*celery, "worker", *quiet, "--concurrency", "2", "--without-gossip"],
        "beat": [*celery, "beat", *quiet, "--pidfile=", "-s", str(project.var / "beat")],
    }
    return [
        Service(name, command, project.logs / f"{name}.log", environment, project.root)
        for name, command in commands.items()
    ]


def run(project: Project) -> int:
    """Serves the product until Ctrl-C."""
    with project.held_for_run():
        services = Services(project)
        supervisor = Supervisor(services)
        supervisor.listen()
        try:
            _serve(project, services, supervisor)
        except KeyboardInterrupt:
            say("\nStopping …")
            return 0
        finally:
            project.forget_services()
            supervisor.stop()
            say("Everything is stopped; the data are kept.")
    return 0


def _serve(project: Project, services: Services, supervisor: Supervisor) -> None:
    port = port_of(os.environ)
    services.start_lasting(os.environ)
    compile_translations(project.root)
    environment = program_environment(services.addresses, "crm.settings.development")
    _prepare_database(project, environment)
    project.write_services(services.addresses)
    supervisor.start(programs(project, environment, port), port)
    say(f"\n  Keyuan CRM: http://127.0.0.1:{port}/   (Ctrl-C stops it; logs in var/log)\n")
    supervisor.watch()


def _prepare_database(project: Project, environment: dict[str, str]) -> None:
    log = project.logs / "database.log"
    with log.open("w") as errors:
        done = subprocess.run(
            [project.python, "-m", "launcher.database"],
            cwd=project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=errors,
        )
    if done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode:
        raise explain("Preparing the database", log.read_text() or last_line(log), str(log))


RIG_SIZE = "4"

# All tests: two processes, each with a database and a broker of its own; a file stays together.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")


def test(project: Project, arguments: Sequence[str]) -> int:
    """All tests, or those that the arguments name, on services of their own; pytest's exit code."""
    is_whole = all(one.startswith("-") for one in arguments)
    together = SIDE_BY_SIDE if is_whole and (os.cpu_count() or 1) > 1 else ()
    return on_throw_away(project, ["-m", "pytest", *together, *arguments])


def rig(project: Project, arguments: Sequence[str]) -> int:
    """The permission rig at length (RIG_SIZE times as long as in the tests), and its numbers."""
    size = {"RIG_SIZE": os.environ.get("RIG_SIZE", RIG_SIZE)}
    return on_throw_away(project, ["-m", "tests.rig", *arguments], size)


def rig_power(project: Project, arguments: Sequence[str]) -> int:
    """Which of the permission bugs that are planted on purpose the rig finds."""
    return on_throw_away(project, ["-m", "tests.rig.power", "--plain", *arguments])


def on_throw_away(
    project: Project, arguments: Sequence[str], more: Mapping[str, str] = MappingProxyType({})
) -> int:
    """A program of ours on services that are gone afterwards; its exit code."""
    services = Services(project)
    supervisor = Supervisor(services)
    supervisor.listen()
    compile_translations(project.root)
    with throw_away_folder(project) as folder:
        try:
            services.start_throw_away(os.environ, folder)
            environment = program_environment(services.addresses, "crm.settings.test")
            chromium = chromium_executable()
            if chromium:
                environment["CHROMIUM"] = chromium
            environment.update(more)
            command = [str(project.python), *arguments]
            return subprocess.run(command, cwd=project.root, env=environment).returncode
        except KeyboardInterrupt:
            return 130
        finally:
            supervisor.stop()


def faults(project: Project, arguments: Sequence[str]) -> int:
    """The faults of tests/faults in full measure (docs/faults.md), one after the other."""
    os.environ["FAULTS"] = "whole"
    return test(project, ["tests/faults", *arguments])


def pictures(project: Project, arguments: Sequence[str]) -> int:
    """Every page of the product that runs, wide and narrow, light and dark, into tests/pictures."""
    find_services(project, os.environ)
    address = f"http://127.0.0.1:{port_of(os.environ)}"
    try:
        with urlopen(f"{address}/healthz", timeout=10):  # noqa: S310 - our own address, http
            pass
    except OSError:
        raise Stop(Code.NO_DATABASE, f"Nothing answers at {address}: type 'make run'.") from None
    chromium = chromium_executable()
    environment = {**os.environ, **({"CHROMIUM": chromium} if chromium else {})}
    command = [str(project.python), "-m", "tests.browser.pictures", "--address", address]
    return subprocess.run([*command, *arguments], cwd=project.root, env=environment).returncode


def bench(project: Project, arguments: Sequence[str]) -> int:
    """Every scenario at each size beside its floors, on the given or the lasting services."""
    with project.held_for_run():
        services = Services(project)
        supervisor = Supervisor(services)
        supervisor.listen()
        try:
            services.start_lasting(os.environ)
            compile_translations(project.root)
            environment = program_environment(services.addresses, "crm.settings.development")
            command = [str(project.python), "-m", "bench", *arguments]
            return subprocess.run(command, cwd=project.root, env=environment).returncode
        except KeyboardInterrupt:
            return 130
        finally:
            supervisor.stop()


def main(arguments: Sequence[str]) -> int:
    follow_parent()
    project, chore = this_project(), arguments[0]
    rest = [*arguments[1:], *shlex.split(os.environ.get("ARGS", ""))]
    try:
        if chore == "run":
            return run(project)
        if chore == "test":
            return test(project, rest)
        if chore == "faults":
            return faults(project, rest)
        if chore == "bench":
            return bench(project, rest)
        if chore == "rig":
            return rig(project, rest)
        if chore == "rig-power":
            return rig_power(project, rest)
        if chore == "pictures":
            return pictures(project, rest)
        return check(project) if chore == "check" else fmt(project)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return end_with_sentence(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
