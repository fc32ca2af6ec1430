"""`carnet serve <process>`: one long-lived process of a wing, configured by its environment."""

import importlib
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import django
from granian import Granian
from granian.constants import Interfaces

from carnet.ops import connections, memory
from carnet.ops import logging as logs
from carnet.ops.settings.environment import Environment

LISTEN_VARIABLE = "CARNET_WEB_LISTEN"


@dataclass(frozen=True)
class Service:
    """A process: the wing whose settings it takes, and what it runs once Django is ready."""

    wing: str
    run: Callable[[], None]


def serve(name: str) -> None:
    """Run the process `name` until SIGTERM or SIGINT.

    Raises `ConfigurationError` if the environment is wrong, `KeyError` for an unknown name.
    """
    service = SERVICES[name]
    use_settings(service.wing)
    service.run()


def use_settings(wing: str) -> None:
    """Name the wing's settings to Django and read them, so that what is wrong is said now."""
    module = f"carnet.ops.settings.{wing}"
    os.environ["DJANGO_SETTINGS_MODULE"] = module
    importlib.import_module(module)


def _web(wing: str) -> Callable[[], None]:
    def run() -> None:
        environment = Environment(os.environ)
        listen = environment.text(
            LISTEN_VARIABLE, expects="unix:/the/path/of/a/socket or 127.0.0.1:8000"
        )
        scheme, _, place = listen.rpartition(":")
        threads = environment.integer("CARNET_WEB_THREADS", 4, least=1, most=64)
        unix = Path(place) if scheme == "unix" else None
        if listen and unix is None and not (scheme and place.isdigit()):
            environment.problems.append(
                f"{LISTEN_VARIABLE} is {listen!r}: it expects unix:/a/path or host:port"
            )
        environment.refuse_if_wrong()
        if unix is not None:
            unix.unlink(missing_ok=True)  # left by a former life
        memory.keep_freed_memory()
        Granian(
            f"carnet.ops.wsgi_{wing}:application",
            address=scheme,
            port=0 if unix else int(place),
            uds=unix,
            interface=Interfaces.WSGI,
            # Of workers that share a socket one takes most connections: to use more processors,
            # start more of these processes, each with its socket, and give all to the front.
            workers=1,
            blocking_threads=threads,
            blocking_threads_idle_timeout=connections.IDLE,
            # Without it the death of one worker stops the whole server.
            respawn_failed_workers=True,
            respawn_interval=0.5,
            workers_kill_timeout=8,
            websockets=False,
            log_dictconfig=logs.for_granian(),
        ).serve()

    return run


def _until_told_to_stop(run: Callable[[threading.Event], None]) -> Callable[[], None]:
    """Runs `run` with an event that SIGTERM and SIGINT set."""

    def running() -> None:
        django.setup()
        memory.set_apart()
        stop = threading.Event()

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        run(stop)

    return running


def _together(stop: threading.Event, *loops: Callable[[threading.Event], None]) -> None:
    """Run these loops at once; one that ends, by a fault or not, ends all, and its error leaves."""
    with ThreadPoolExecutor(len(loops)) as threads:
        running = [threads.submit(loop, stop) for loop in loops]
        wait(running, return_when=FIRST_COMPLETED)
        stop.set()
    for each in running:
        each.result()


def _national_worker(stop: threading.Event) -> None:
    from carnet.national.journal import tasks as journal
    from carnet.national.messaging import tasks as messaging
    from carnet.national.record.finding import reading
    from carnet.national.record.tasks import run_worker
    from carnet.ops import documents

    def events(stop: threading.Event) -> None:
        run_worker(stop, messaging.EVENTS)

    _together(stop, events, reading.run, journal.run, documents.collecting)


def _national_smtp() -> None:
    django.setup()
    from django.conf import settings

    from carnet.national.doors.smtp import server

    server.serve(settings)


def _establishment_worker(stop: threading.Event) -> None:
    from carnet.establishment.exchange.tasks import run_worker

    run_worker(stop)


def _establishment_mllp(stop: threading.Event) -> None:
    from django.conf import settings

    from carnet.establishment.doors.mllp import server

    server.serve(settings.CARNET_MLLP_HOST, settings.CARNET_MLLP_PORT, stop)


SERVICES = {
    "national-web": Service("national", _web("national")),
    "national-worker": Service("national", _until_told_to_stop(_national_worker)),
    "national-smtp": Service("national", _national_smtp),
    "establishment-web": Service("establishment", _web("establishment")),
    "establishment-worker": Service("establishment", _until_told_to_stop(_establishment_worker)),
    "establishment-mllp": Service("establishment", _until_told_to_stop(_establishment_mllp)),
}
