import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from enhancer.domain.clock import from_text, to_text


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/St_Johns"])
def test_an_instant_is_written_in_utc_whatever_the_machines_zone_is(monkeypatch, zone):
    """Rows are sorted by these texts."""
    instant = datetime(2026, 11, 22, 21, 30, 0, 5999, tzinfo=timezone(timedelta(hours=9, minutes=30)))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", zone)
        time.tzset()
        written = to_text(instant)
    time.tzset()
    assert written == "2026-11-22T12:00:00.005Z"
    assert from_text(written) == datetime(2026, 11, 22, 12, 0, 0, 5000, tzinfo=UTC)
