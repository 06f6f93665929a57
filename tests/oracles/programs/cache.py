"""A private cache that keeps to RFC 9111 (hishel), in front of whatever is asked.

A line of JSON on standard input for each request: `url`, `headers`. A line for each answer: `status`, `location`,
`body`, whether it came from the cache (`kept`), and whether the origin was asked if it still may (`asked`).
"""

import json
import sqlite3
import sys

import hishel
import hishel.httpx

storage = hishel.SqliteStorage(connection=sqlite3.connect(":memory:", check_same_thread=False))
with hishel.httpx.CacheClient(storage=storage, rfc=hishel.CacheOptions(shared=False), trust_env=False) as client:
    for line in sys.stdin:
        question = json.loads(line)
        answer = client.get(question["url"], headers=question["headers"])
        status = answer.extensions["caching"]
        told = {
            "status": answer.status_code,
            "location": answer.headers.get("location"),
            "body": answer.text,
            "kept": status["from_cache"],
            "asked": status["revalidated"],
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
