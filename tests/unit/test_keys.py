import pytest

from enhancer.domain import keys
from enhancer.domain.owner import new_guest
from enhancer.domain.retention import kept_for

PREFIX = "ai-enhancer/"
GUEST, JOB = "a" * 26, "p" + "b" * 25


@pytest.mark.parametrize(
    ("key", "job_id"),
    [
        (f"ai-enhancer/uploads/guest/{GUEST}/{JOB}/input.png", JOB),
        (f"ai-enhancer/results/user/{GUEST}/{JOB}/preview.webp", JOB),
        (f"uploads/guest/{GUEST}/{JOB}/input.png", None),
        (f"ai-enhancer/ai-enhancer/uploads/guest/{GUEST}/{JOB}/input.png", None),
        (f"ai-enhancer/uploads/admin/{GUEST}/{JOB}/input.png", None),
        (f"ai-enhancer/uploads/guest/{GUEST[1:]}/{JOB}/input.png", None),
        (f"ai-enhancer/uploads/guest/{GUEST}/x{JOB[1:]}/input.png", None),
        (f"ai-enhancer/elsewhere/guest/{GUEST}/{JOB}/input.png", None),
        (f"ai-enhancer/uploads/guest/{GUEST}/{JOB}/input", None),
    ],
)
def test_a_key_of_ours_names_its_job(key, job_id):
    assert keys.job_id_in(PREFIX, key) == job_id


def test_what_is_prepared_of_a_photo_is_a_photo_and_else_a_png():
    prepared = {each: keys.prepared_type(keys.new_job_id(each)) for each in keys.EXTENSIONS}
    assert prepared == {"image/jpeg": "image/jpeg", "image/png": "image/png", "image/webp": "image/png"}


@pytest.mark.parametrize("content_type", keys.EXTENSIONS)
def test_every_key_of_a_job_names_it(content_type):
    owner, job_id = new_guest(), keys.new_job_id(content_type)
    made = [
        keys.original_key(PREFIX, owner, job_id),
        keys.prepared_key(PREFIX, owner, job_id),
        *keys.result_keys(PREFIX, owner, job_id, "webp"),
    ]
    assert {keys.job_id_in(PREFIX, key) for key in made} == {job_id}
    assert len(set(made)) == 5


@pytest.mark.parametrize(
    ("key", "hours"),
    [
        ("ai-enhancer/uploads/x", 24),
        ("ai-enhancer/results/x", 30 * 24),
        ("ai-enhancer/x", None),
        ("uploads/x", None),
        ("results/x", None),
    ],
)
def test_an_object_is_kept_by_where_it_lies(key, hours):
    kept = kept_for(key, PREFIX)
    assert (kept and kept.total_seconds() / 3600) == hours
