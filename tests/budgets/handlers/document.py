"""The job document as a baseline writes it: from the row's plain values, without our package."""

import json
from datetime import datetime, timedelta


def milliseconds(start, end):
    """Return the milliseconds between two instants of a row."""
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)


def later(start, days):
    """Return the instant that many days later."""
    ends = datetime.fromisoformat(start) + timedelta(days=days)
    return ends.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def document(row):
    """Return the answer's `data` for a succeeded job. `row` has plain values."""
    return {
        "id": row["id"],
        "status": row["status"],
        "stage": "done",
        "waitingFor": None,
        "percent": None,
        "model": row["model"],
        "params": json.loads(row["params_json"]),
        "originalUrl": f"/r2-ai/{row['input_r2_key']}",
        "imageUrl": f"/r2-ai/{row['output_r2_key']}",
        "previewUrl": f"/r2-ai/{row['preview_r2_key']}",
        "thumbUrl": f"/r2-ai/{row['thumb_r2_key']}",
        "error": None,
        "cancelRequested": row["cancel_requested"],
        "prepared": json.loads(row["prepared_json"]),
        "result": {
            "contentType": row["output_content_type"],
            "width": int(row["output_width"]),
            "height": int(row["output_height"]),
            "bytes": int(row["output_size"]),
            "sha256": row["output_sha256"],
        },
        "report": json.loads(row["report_json"]),
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "expires": {
            "original": later(row["created_at"], 1),
            "result": later(row["created_at"], 30),
            "record": later(row["created_at"], 90),
        },
        "timings": {
            "queueMs": milliseconds(row["created_at"], row["accepted_at"]),
            "modelMs": int(row["model_ms"]),
            "copyMs": milliseconds(row["saving_at"], row["finished_at"]),
            "totalMs": milliseconds(row["created_at"], row["finished_at"]),
        },
    }
