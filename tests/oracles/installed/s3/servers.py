"""S3 servers that others wrote, each on a free loopback port with its files in one folder."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from enhancer.adapters.r2 import R2Pictures
from enhancer.adapters.read_links import SignedReadLinks
from enhancer.bootstrap import r2_client
from local.child import Child
from local.config import ROOT
from local.ports import free_ports
from operate.verify_live.bucket import Bucket

PROGRAMS = ROOT / ".venv-oracles" / "bin"
KEY_ID, SECRET = "an-access-key", "a-secret-access-key"
BUCKET = "pictures"
PREFIX = "ai-enhancer/"
ORIGIN = "https://images.test"


@dataclass(frozen=True)
class S3Server:
    """A running server with an empty bucket, and the key pair it knows."""

    name: str
    endpoint: str
    key_id: str = KEY_ID
    secret: str = SECRET

    @property
    def client(self) -> Any:
        """The client of the functions, as `bootstrap` makes it."""
        return r2_client(self.endpoint, self.key_id, self.secret)

    @property
    def pictures(self) -> R2Pictures:
        """The functions' adapter on this server."""
        client = self.client
        return R2Pictures(lambda: client, BUCKET, lambda: client)

    @property
    def links(self) -> SignedReadLinks:
        """The functions' read links, signed for this server."""
        return SignedReadLinks(self.endpoint, BUCKET, lambda: (self.key_id, self.secret))

    def empty(self) -> None:
        """Delete all objects."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda stored: self.pictures.delete([stored.key]), self.pictures.list("")))

    def bucket(self, http: requests.Session) -> Bucket:
        """What `make verify-live` looks at, of this server."""
        return Bucket(self.pictures, self.links, http, self.endpoint, BUCKET, ORIGIN, PREFIX)


Start = Callable[[Path], contextlib.AbstractContextManager[S3Server]]


@contextlib.contextmanager
def minio(folder: Path) -> Iterator[S3Server]:
    """MinIO's S3 gateway, which JuiceFS carries, over a file system of JuiceFS in one SQLite file."""
    port, metrics = free_ports(2)
    database = f"sqlite3://{folder}/meta.db"
    format_ = [PROGRAMS / "juicefs", "format", "--storage", "file", "--bucket", f"{folder}/data/", "--trash-days", "0"]
    subprocess.run([*format_, database, "pictures"], check=True, capture_output=True)  # noqa: S603
    options = {
        "--cache-dir": f"{folder}/cache",
        "--log": f"{folder}/gateway.log",
        "--metrics": f"127.0.0.1:{metrics}",
        "--backup-meta": "0",
    }
    command = [PROGRAMS / "juicefs", "gateway", "--multi-buckets", "--object-meta", "--no-usage-report", "--no-banner"]
    words = [*map(str, command), *(word for option in options.items() for word in option)]
    settings = {"MINIO_ROOT_USER": KEY_ID, "MINIO_ROOT_PASSWORD": SECRET}
    with _serving("minio", [*words, database, f"127.0.0.1:{port}"], settings, port, folder) as server:
        yield server


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[S3Server]:
    """`rclone serve s3` over a folder."""
    [port] = free_ports(1)
    (folder / "objects").mkdir()
    options = {
        "--addr": f"127.0.0.1:{port}",
        "--config": "/dev/null",
        "--vfs-cache-mode": "writes",
        "--cache-dir": f"{folder}/cache",
    }
    words = [str(PROGRAMS / "rclone"), "serve", "s3", *(word for option in options.items() for word in option)]
    settings = {"RCLONE_AUTH_KEY": f'"{KEY_ID},{SECRET}"'}
    with _serving("rclone", [*words, str(folder / "objects")], settings, port, folder) as server:
        yield server


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[S3Server]:
    """moto's server: it looks at no signature, but knows CORS, lifecycles and conditional uploads."""
    [port] = free_ports(1)
    with _serving(
        "moto", [str(PROGRAMS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], {}, port, folder
    ) as server:
        yield server


@contextlib.contextmanager
def _serving(name: str, command: list[str], settings: dict[str, str], port: int, folder: Path) -> Iterator[S3Server]:
    child = Child(name, command, {"PATH": os.environ["PATH"], "HOME": str(folder), **settings}, folder / "output.log")
    try:
        child.wait_until(lambda: _listens(port), seconds=60)
        server = S3Server(name, f"http://127.0.0.1:{port}")
        server.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "auto"})
        yield server
    finally:
        child.stop(grace_seconds=5)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
