"""A real S3 service for tests: SeaweedFS from its wheel, on free ports, telling nobody."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from carnet.ops import ports
from tests.waiting import LONG

PATIENCE = 180.0
KEYS = {"AWS_ACCESS_KEY_ID": "carnet-tests", "AWS_SECRET_ACCESS_KEY": "only-for-the-tests"}


@dataclass(frozen=True)
class Objects:
    """A running service: what a process needs in its environment to use it."""

    environment: dict[str, str]


@contextmanager
def running(folder: Path, bucket: str) -> Iterator[Objects]:
    """The service with one bucket, until the context is left."""
    # SeaweedFS speaks gRPC ten thousand ports above each of its own.
    chosen = ports.choose(dict.fromkeys(("master", "volume", "filer", "s3"), 0))
    master, volume, filer, s3 = chosen.values()
    (folder / "data").mkdir()
    identities = {
        "identities": [
            {
                "name": "tests",
                "credentials": [
                    {
                        "accessKey": KEYS["AWS_ACCESS_KEY_ID"],
                        "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"],
                    }
                ],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }
    (folder / "s3.json").write_text(json.dumps(identities), encoding="utf-8")
    weed = Path(sys.executable).with_name("weed")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                weed,
                "server",
                f"-dir={folder / 'data'}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-master.port={master}",
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=64",
                f"-volume.port={volume}",
                "-volume.max=8",
                "-filer",
                f"-filer.port={filer}",
                "-s3",
                f"-s3.port={s3}",
                # On ports of their own, always the same: another service of S3 may stand there.
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-s3.config={folder / 's3.json'}",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    environment = {
        **KEYS,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3}",
        "AWS_REGION": "us-east-1",
    }
    try:
        _make_bucket(bucket, environment, process, folder / "log")
        yield Objects(environment)
    finally:
        process.terminate()
        try:
            process.wait(LONG)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _make_bucket(
    bucket: str, environment: dict[str, str], process: subprocess.Popen[bytes], log: Path
) -> None:
    """Wait until an object can be written: SeaweedFS makes the bucket with its first object."""
    until = time.monotonic() + PATIENCE
    store = S3Store(
        bucket,
        endpoint=environment["AWS_ENDPOINT_URL"],
        region="us-east-1",
        access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    while True:
        try:
            obstore.put(store, "ready", b"")
            obstore.delete(store, "ready")
        except BaseError as error:
            if process.poll() is not None or time.monotonic() > until:
                tail = log.read_text(errors="replace")[-2000:]
                raise AssertionError(f"SeaweedFS does not start: {error}\n{tail}") from error
            time.sleep(0.2)
        else:
            return
