"""The JSON of jobs, uploads, quotas and models. Plain functions, because importing pydantic is slow."""

from typing import TYPE_CHECKING, Any

from enhancer.domain.catalogue import EnhancementModel
from enhancer.domain.clock import to_text
from enhancer.domain.job import Job, Status
from enhancer.domain.limits import DAY, Usage
from enhancer.domain.messages import Message, known
from enhancer.domain.retention import expiry
from enhancer.http.translations import Language, render

if TYPE_CHECKING:
    from enhancer.usecases.request_upload import Upload


def job_json(job: Job, language: Language = "en") -> dict[str, Any]:
    """Return a job's JSON. Image URLs are paths on our own host that only callers with access can follow."""
    ends = expiry(job.created_at)
    return {
        "id": job.id,
        "status": Status.QUEUED if job.status is Status.STARTING else job.status,
        "stage": job.stage,
        "percent": None,
        "model": job.model,
        "params": job.params,
        "originalUrl": _url(job.input_r2_key),
        "imageUrl": _url(job.output_r2_key),
        "previewUrl": _url(job.preview_r2_key),
        "thumbUrl": _url(job.thumb_r2_key),
        "error": _error(job, language),
        "cancelRequested": job.cancel_requested,
        "waitingFor": None if job.ended else job.waiting_for,
        "prepared": job.prepared,
        "result": _result(job),
        "report": job.report,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
        "expires": {
            "original": to_text(ends.original),
            "result": to_text(ends.result),
            "record": to_text(ends.record),
        },
        "timings": job.timings(),
    }


def upload_json(upload: "Upload") -> dict[str, Any]:
    """Return a presigned upload's JSON."""
    return {
        "uploadId": upload.upload_id,
        "method": "PUT",
        "url": upload.url,
        "headers": upload.headers,
        "expiresAt": to_text(upload.expires_at),
        "maxBytes": upload.max_bytes,
    }


def usage_json(usage: Usage, quota_jobs: int, max_bytes: int) -> dict[str, Any]:
    """Return the JSON of an owner's usage and limits."""
    reset_at = to_text(usage.reset_at) if usage.reset_at else None
    return {
        "usage": {"used": usage.used, "remaining": usage.remaining, "resetAt": reset_at},
        "limits": {"jobs": quota_jobs, "windowSeconds": DAY, "maxBytes": max_bytes},
    }


def model_json(model: EnhancementModel) -> dict[str, Any]:
    """Return the JSON of a model on offer and its parameters with their ranges."""
    return {
        "slug": model.slug,
        "name": model.name,
        "goal": model.presets[0].goal,
        "presets": [{"goal": preset.goal, "params": preset.params} for preset in model.presets],
        "params": [
            {
                "name": parameter.name,
                "kind": parameter.kind,
                "default": parameter.default,
                "minimum": parameter.minimum,
                "maximum": parameter.maximum,
                "choices": list(parameter.choices) or None,
                "licence": model.option_licences[parameter.name].name
                if parameter.name in model.option_licences
                else None,
            }
            for parameter in model.parameters
        ],
        "maxPixels": model.max_pixels,
        "licence": model.licence.name,
        "usualSeconds": model.usual_seconds,
    }


def _url(key: str | None) -> str | None:
    return f"/r2-ai/{key}" if key else None


def _error(job: Job, language: Language) -> dict[str, Any] | None:
    """Return the job's error, and whether the job counts against the quota."""
    if job.error_type is None:
        return None
    quota = Message.QUOTA_NOT_CHARGED if job.quota_refunded else Message.QUOTA_CHARGED
    why = render(known(job.error_code), {}, language)
    return {"type": job.error_type, "message": f"{why} {render(quota, {}, language)}"}


def _result(job: Job) -> dict[str, Any] | None:
    if job.output_r2_key is None:
        return None
    return {
        "contentType": job.output_content_type,
        "width": job.output_width,
        "height": job.output_height,
        "bytes": job.output_size,
        "sha256": job.output_sha256,
    }
