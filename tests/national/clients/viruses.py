"""A clamd for tests: the real one where it is installed, else one that speaks its protocol.

No base of viruses is needed: one signature of our own stands for them all.
"""

from __future__ import annotations

import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import LONG

VIRUS = b"CARNET-TEST-SIGNATURE-THAT-NO-DOCUMENT-HOLDS"
LONGEST = 8 * 1024 * 1024
PATIENCE = 180.0

PROGRAM = os.environ.get("CARNET_TEST_CLAMD") or shutil.which("clamd")

_CONFIGURATION = """
Foreground yes
LocalSocket {folder}/clamd.sock
DatabaseDirectory {folder}/base
TemporaryDirectory {folder}
StreamMaxLength 8M
LogVerbose no
"""


@contextmanager
def real(folder: Path) -> Iterator[str]:
    """clamd itself; its address."""
    base = folder / "base"
    base.mkdir()
    (base / "carnet.ndb").write_text(f"Carnet.Test:0:*:{VIRUS.hex()}\n", encoding="ascii")
    configuration = folder / "clamd.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder), encoding="ascii")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM), f"--config-file={configuration}"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(folder / "clamd.sock"):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError((folder / "log").read_text(errors="replace"))
            time.sleep(0.1)
        yield f"unix:{folder / 'clamd.sock'}"
    finally:
        process.terminate()
        process.wait(LONG)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


class _Clamd(socketserver.StreamRequestHandler):
    """INSTREAM as clamd(8) tells it."""

    def handle(self) -> None:
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = bytearray()
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
            if len(content) > LONGEST:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        found = VIRUS in content
        self.wfile.write(b"stream: Carnet.Test.UNOFFICIAL FOUND\0" if found else b"stream: OK\0")


@contextmanager
def spoken(_folder: Path) -> Iterator[str]:
    """A server of the protocol; its address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Clamd) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


KINDS = {"spoken": spoken, **({"real": real} if PROGRAM else {})}
