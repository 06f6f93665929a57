import time
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from enhancer.adapters.presigned_urls import EXPIRY, WINDOW, R2PresignedUrls

KEY = "ai-enhancer/results/guest/aaaa/bbbb/output.png"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def links(endpoint="https://account.r2.cloudflarestorage.com", access_key="AKIDEXAMPLE"):
    return R2PresignedUrls(endpoint, "images", lambda: (access_key, "secret/with+signs"))


def botocores_link(endpoint, key, method, dated, access_key):
    request = AWSRequest(method, f"{endpoint}/images/{key}")
    signer = S3SigV4QueryAuth(Credentials(access_key, "secret/with+signs"), "s3", "auto", EXPIRY)
    with patch("botocore.auth.get_current_datetime", return_value=dated.replace(tzinfo=None)):
        signer.add_auth(request)
    return request.url


@given(
    key=st.from_regex(r"[a-z2-7-]{1,12}(/[a-z2-7]{1,26}){1,4}\.(png|webp)", fullmatch=True),
    now=st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    method=st.sampled_from(["GET", "HEAD"]),
    endpoint=st.sampled_from(["https://account.r2.cloudflarestorage.com", "http://127.0.0.1:8080"]),
    access_key=st.sampled_from(["AKIDEXAMPLE", "a key/with+signs~"]),
)
def test_a_link_equals_botocores_for_the_start_of_the_window(key, now, method, endpoint, access_key):
    seconds = int(now.timestamp())
    dated = datetime.fromtimestamp(seconds - seconds % WINDOW, UTC)
    url, _ = links(endpoint, access_key).presign(key, method=method, now=now)
    assert url == botocores_link(endpoint, key, method, dated, access_key)


def test_a_link_is_dated_in_utc_wherever_it_is_made(monkeypatch):
    here = links().presign(KEY, method="GET", now=NOON)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert links().presign(KEY, method="GET", now=NOON) == here
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(("after", "left"), [(0, 900), (1, 899), (899, 1)])
def test_a_link_stays_the_same_within_its_window(after, left):
    assert links().presign(KEY, method="GET", now=NOON + timedelta(seconds=after)) == (
        links().presign(KEY, method="GET", now=NOON)[0],
        left,
    )


def test_the_next_window_and_the_other_method_have_other_links():
    urls = {
        links().presign(KEY, method=method, now=NOON + timedelta(seconds=after))[0]
        for method in ("GET", "HEAD")
        for after in (0, WINDOW)
    }
    assert len(urls) == 4
