"""What `make start` finds after a power cut, a `kill -9`, a closed terminal or a full disk."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment import ROOT
from deployment.emulator import admin_client
from local.config import LocalStackError
from local.stack import LocalStack
from local.state_folder import locked, set_aside_unusable, stop
from tests.local.leftovers import processes_with
from tests.local.tiny_stack import tiny_config

SAVED_SECONDS = 15
"""The emulator saves every five seconds; this machine may be slow."""


class Started:
    """`make start` of the tiny template, as a process of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        command = [sys.executable, "-m", "tests.local.tiny_stack", str(state)]
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        assert ready.startswith("ready http://127.0.0.1:"), self.end()
        self.address = ready.split()[1]
        port = int(re.findall(r"GATEWAY_PORT=(\d+)", self._environment(self.pid_of("emulator_launcher")))[0])
        self.table: Any = admin_client("dynamodb", f"http://127.0.0.1:{port}")
        self.table_name = self.table.list_tables()["TableNames"][0]

    def put(self, row: str) -> None:
        self.table.put_item(TableName=self.table_name, Item={"id": {"S": row}})

    def pid_of(self, named: str) -> int:
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if named.encode() in (folder / "cmdline").read_bytes() and str(self.state) in self._environment(
                    int(folder.name)
                ):
                    return int(folder.name)
        raise AssertionError(named)

    def await_saved(self) -> None:
        kept = self.state / "emulator" / "dynamodb.json"
        began, deadline = time.time(), time.monotonic() + SAVED_SECONDS
        while not kept.exists() or kept.stat().st_mtime < began:
            assert time.monotonic() < deadline, "the state was not saved"
            time.sleep(0.1)

    def end(self) -> tuple[str, str]:
        """What it said on stdout and stderr until its end."""
        return self.process.communicate(timeout=60)

    @staticmethod
    def _environment(process: int) -> str:
        return Path(f"/proc/{process}/environ").read_text()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    running = Started(tmp_path / "state")
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(60)
        for stream in (running.process.stdout, running.process.stderr):
            assert stream is not None
            stream.close()
        assert processes_with(str(tmp_path)) == []


def rows(state: Path) -> set[str]:
    """The rows that the next start finds."""
    with LocalStack(tiny_config(state)) as stack:
        table = stack.deployment.outputs["TableName"]
        return {item["id"]["S"] for item in stack.client("dynamodb").scan(TableName=table)["Items"]}


def test_a_killed_emulator_loses_seconds_and_the_next_start_finds_the_rest(started: Started) -> None:
    started.put("before")
    started.await_saved()
    os.kill(started.pid_of("emulator_launcher"), signal.SIGKILL)
    _, said = started.end()
    assert re.search(r"The emulator stopped \(exit code -9\)", said)
    assert "Traceback" not in said
    assert rows(started.state) == {"before"}


def test_a_killed_supervisor_takes_all_with_it_and_nothing_is_lost(started: Started) -> None:
    started.put("a moment ago")
    started.process.kill()
    started.process.wait(10)
    assert rows(started.state) == {"a moment ago"}, "this start waited for the emulator's end"


@pytest.mark.parametrize("part", ["replicate_standin", "local.gateway"])
def test_a_part_that_is_killed_ends_the_others_cleanly(started: Started, part: str) -> None:
    started.put("a moment ago")
    os.kill(started.pid_of(part), signal.SIGKILL)
    _, said = started.end()
    assert "stopped (exit code -9)" in said
    assert rows(started.state) == {"a moment ago"}


def test_a_closed_terminal_is_a_clean_end(started: Started) -> None:
    started.put("a moment ago")
    os.kill(started.process.pid, signal.SIGHUP)
    said, _ = started.end()
    assert (started.process.returncode, said) == (0, f"stopped; jobs and images are kept in {started.state}\n")
    assert rows(started.state) == {"a moment ago"}


def test_what_runs_is_known_as_our_own_and_can_be_stopped(started: Started) -> None:
    with pytest.raises(LocalStackError) as refusal, LocalStack(tiny_config(started.state)):
        pass
    expected = f"Another local stack runs on {started.state} at {started.address} (process {started.process.pid}); "
    assert str(refusal.value) == f"{expected}`make stop` ends it."
    command = [sys.executable, "-m", "local", "stop"]
    for says in (
        f"stopped {started.address}; jobs and images are kept in {started.state}",
        "no local stack is running",
    ):
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            cwd=ROOT,
            env={**os.environ, "STATE": str(started.state)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout == f"{says}\n"
    started.end()


def test_a_disk_that_is_full_at_the_end_is_said(started: Started) -> None:
    started.await_saved()
    started.put("lost")
    (started.state / "emulator" / "cloudformation.json.tmp").symlink_to("/dev/full")
    os.kill(started.process.pid, signal.SIGTERM)
    said, _ = started.end()
    assert said.startswith(f"stopped; jobs and images are kept in {started.state}, but the last seconds")
    assert "No space left on device" in (started.state / "emulator.log").read_text()
    rows(started.state)


def test_a_start_on_what_a_first_start_left_that_was_killed_at_once(tmp_path: Path) -> None:
    config = tiny_config(tmp_path / "state")
    with LocalStack(config):
        pass
    for file in (config.state / "emulator").glob("*.json"):
        file.unlink()
    said: list[str] = []
    with LocalStack(tiny_config(config.state), said.append) as stack:
        assert stack.deployment.outputs["TableName"]
    assert [line for line in said if "can't be used (the emulator ended before it had saved anything" in line]
    assert (config.state / "emulator-unusable" / "s3").is_dir()


@pytest.mark.parametrize("left", [b"", b"{", b"\xff", b"[" * 200_000])
def test_a_file_that_was_cut_off_is_set_aside_with_the_rest(tmp_path: Path, left: bytes) -> None:
    config = tiny_config(tmp_path)
    folder = config.state / "emulator"
    for _ in range(2):
        (folder / "s3").mkdir(parents=True)
        (folder / "cloudformation.json").write_bytes(b"{}")
        (folder / "dynamodb.json").write_bytes(left)
        said: list[str] = []
        set_aside_unusable(config, said.append)
        assert len(said) == 1
        assert "dynamodb.json is truncated" in said[0]
        assert not folder.exists()
        assert (config.state / "emulator-unusable" / "dynamodb.json").read_bytes() == left


def test_a_state_that_is_whole_stays_where_it_is(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    set_aside_unusable(config, pytest.fail)
    (tmp_path / "emulator" / "s3" / "bucket").mkdir(parents=True)
    (tmp_path / "emulator" / "cloudformation.json").write_bytes(b"{}")
    set_aside_unusable(config, pytest.fail)
    assert (tmp_path / "emulator").is_dir()


def test_stopping_what_was_never_started_does_nothing(tmp_path: Path) -> None:
    assert stop(tiny_config(tmp_path / "none")) == "no local stack is running"
    with locked(tiny_config(tmp_path), pytest.fail):
        pass
    assert stop(tiny_config(tmp_path)) == "no local stack is running"


def test_a_process_that_has_the_number_of_one_that_ended_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.state_folder.STOP_SECONDS", 0.2)
    config = tiny_config(tmp_path)
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (tmp_path / "supervisor").write_text(f"{stranger.pid} http://127.0.0.1:8080\n")
        with (tmp_path / "lock").open("a+") as left_behind:
            fcntl.flock(left_behind, fcntl.LOCK_EX)
            with pytest.raises(LocalStackError, match="has not ended"):
                stop(config)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n", timeout=30)
    assert stranger.returncode == 0
