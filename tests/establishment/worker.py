"""The worker as a process of its own, on the database of the test: to be killed.

Run with the settings to change as JSON in CARNET_TEST_SETTINGS.
"""

import json
import os
import signal
import threading

import django
from django.conf import settings


def main() -> None:
    changes = json.loads(os.environ["CARNET_TEST_SETTINGS"])
    django.setup()
    from django.db import connections

    connections["default"].settings_dict.update(changes.pop("database"))
    for name, value in changes.items():
        setattr(settings, name, value)
    from carnet.establishment.exchange.tasks import run_worker

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    for alias in connections:
        connections[alias].close()
    run_worker(stop)


if __name__ == "__main__":
    main()
