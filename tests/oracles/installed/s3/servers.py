"""S3 servers that others wrote, each on a free loopback port with its files in one folder."""

import contextlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from enhancer.adapters.presigned_urls import R2PresignedUrls
from enhancer.adapters.r2 import R2ImageStore
from enhancer.aws_clients import r2_client
from local.ports import free_ports
from operate.verify_live.bucket import Bucket
from tests.oracles.installed.running import ran, serving

KEY_ID, SECRET = "an-access-key", "a-secret-access-key"
BUCKET = "images"
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
    def images(self) -> R2ImageStore:
        """The functions' adapter on this server."""
        client = self.client
        return R2ImageStore(lambda: client, BUCKET, lambda: client)

    @property
    def links(self) -> R2PresignedUrls:
        """The functions' read links, signed for this server."""
        return R2PresignedUrls(self.endpoint, BUCKET, lambda: (self.key_id, self.secret))

    def empty(self) -> None:
        """Delete all objects."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda stored: self.images.delete([stored.key]), self.images.list("")))

    def bucket(self, http: requests.Session) -> Bucket:
        """What `make verify-live` looks at, of this server."""
        return Bucket(self.images, self.links, http, self.endpoint, BUCKET, ORIGIN, PREFIX)


@contextlib.contextmanager
def minio(folder: Path) -> Iterator[S3Server]:
    """MinIO's S3 gateway, which JuiceFS carries, over a file system of JuiceFS in one SQLite file."""
    port, metrics = free_ports(2)
    database = f"sqlite3://{folder}/meta.db"
    ran("juicefs", "format", "--storage", "file", "--bucket", f"{folder}/data/", "--trash-days", "0", database, "files")
    options = {
        "--cache-dir": f"{folder}/cache",
        "--log": f"{folder}/gateway.log",
        "--metrics": f"127.0.0.1:{metrics}",
        "--backup-meta": "0",
    }
    flags = ["--multi-buckets", "--object-meta", "--no-usage-report", "--no-banner"]
    words = ["gateway", *flags, *itertools.chain(*options.items()), database, f"127.0.0.1:{port}"]
    settings = {"MINIO_ROOT_USER": KEY_ID, "MINIO_ROOT_PASSWORD": SECRET}
    with serving("juicefs", words, port, folder, settings) as endpoint:
        yield _with_a_bucket("minio", endpoint)


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
    words = ["serve", "s3", *itertools.chain(*options.items()), folder / "objects"]
    with serving("rclone", words, port, folder, {"RCLONE_AUTH_KEY": f'"{KEY_ID},{SECRET}"'}) as endpoint:
        yield _with_a_bucket("rclone", endpoint)


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[S3Server]:
    """moto's server: it looks at no signature, but knows CORS, lifecycles and conditional uploads."""
    [port] = free_ports(1)
    with serving("moto_server", ["-H", "127.0.0.1", "-p", str(port)], port, folder) as endpoint:
        yield _with_a_bucket("moto", endpoint)


def _with_a_bucket(name: str, endpoint: str) -> S3Server:
    server = S3Server(name, endpoint)
    server.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "auto"})
    return server
