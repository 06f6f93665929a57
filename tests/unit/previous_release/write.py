"""Write jobs.json as this release stores rows and sends messages: `python -m tests.unit.previous_release.write`."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from enhancer.adapters.dynamo_items import job_item
from enhancer.adapters.model_files import allowed_models
from enhancer.domain import keys
from enhancer.domain.job import Job
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import OutcomeUnknown, Throttled
from enhancer.ports import PreparedImage
from enhancer.usecases.create_job import FromBytes, JobOptions, NewJob
from tests.images import make_image
from tests.unit.conftest import World, make_world

FILE = Path(__file__).with_name("jobs.json")
MODEL, FACES = "nightmareai/real-esrgan", "sczhou/codeformer"
Stored = dict[str, dict[str, Any]]


def stored() -> Stored:
    """Jobs in every state that an update can meet: their rows, and the messages on their way to a queue's reader."""
    world = make_world()
    models = allowed_models([MODEL, f"{FACES}:{'c' * 64}"])
    world.create_job = dataclasses.replace(world.create_job, allowed_models=models, quota_jobs=100, daily_run_limit=100)
    world.start_job = dataclasses.replace(world.start_job, allowed_models=models, daily_run_limit=100)
    found: Stored = {}

    def keep(name: str, job: Job, **messages: object) -> None:
        found[name] = {"row": job_item(world.job(job.id)), **messages}

    for name, model, scale in (("queued", MODEL, 2), ("queued for a face model", FACES, 3)):
        job = _new(world, model, scale)
        keep(name, job, start={"job_id": world.messages.starts[-1][0]})
    world.imaging.prepared = PreparedImage(b"upright", 30, 40, {"oriented": True})
    world.provider.answers = [Throttled(8)]
    keep("prepared, then throttled", job := _started(world, MODEL, 4), start={"job_id": job.id})
    world.imaging.prepared = PreparedImage(None, 40, 30, {"oriented": False})
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    keep("claimed, the answer lost", _started(world, MODEL, 4))
    world.provider.lost = None
    keep("running", job := _started(world, MODEL, 4), **_ended(world, job))
    keep("running a face model", job := _started(world, FACES, 2), **_ended(world, job))
    fault = "Prediction interrupted; please retry (code: PA)"
    keep("running, to be repeated", job := _started(world, MODEL, 4), **_ended(world, job, fault))
    job = _started(world, MODEL, 4)
    world.complete_job(job.id, _run(world, job, "the input was too odd"))
    keep("failed", job)
    job = _started(world, MODEL, 4, outputFormat="webp")
    world.complete_job(job.id, _run(world, job))
    keep("succeeded", job)
    return found


def _new(world: World, model: str, scale: float, **params: object) -> Job:
    options = JobOptions(model, {"scale": scale, **params}, "cat.png")
    source = FromBytes(make_image(), world.create_job.inspect(make_image()))
    return world.create_job(NewJob(keys.new_job_id("image/png"), source, options, world.owner))


def _started(world: World, model: str, scale: float, **params: object) -> Job:
    job = _new(world, model, scale, **params)
    world.start_job(job.id)
    return job


def _run(world: World, job: Job, error: str | None = None) -> Prediction:
    """The job's run, which has ended now."""
    return world.provider.finish(world.job(job.id).provider_job_id or "", "failed" if error else "succeeded", error)


def _ended(world: World, job: Job, error: str | None = None) -> dict[str, object]:
    """The message that a delivery about the run's end puts into the queue."""
    run = _run(world, job, error)
    delivery = Delivery("msg_1", 1_700_000_000, "ab" * 32, run)
    message = {"job_id": job.id, "prediction": run.to_message(), "delivery": delivery.to_message()}
    return {"completion": message}


if __name__ == "__main__":
    lines = [f" {json.dumps(name)}: {json.dumps(each)}" for name, each in stored().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
