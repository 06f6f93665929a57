from datetime import UTC, datetime, timedelta

import pytest

from enhancer.domain import limits
from enhancer.domain.limits import Quota, QuotaSlot, Rate, Usage

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPENED = Quota("2026-11-22T12:00:00.000Z", used=3)


@pytest.mark.parametrize(
    ("quota", "limit", "after", "expected"),
    [
        (None, 5, timedelta(0), Usage(0, 5, None)),
        (OPENED, 5, timedelta(0), Usage(3, 2, NOON + timedelta(hours=24))),
        (OPENED, 5, timedelta(hours=24) - timedelta(milliseconds=1), Usage(3, 2, NOON + timedelta(hours=24))),
        (OPENED, 5, timedelta(hours=24), Usage(0, 5, None)),
        (OPENED, 3, timedelta(hours=1), Usage(3, 0, NOON + timedelta(hours=24))),
        (OPENED, 2, timedelta(hours=1), Usage(3, 0, NOON + timedelta(hours=24))),  # the operator lowered the limit
    ],
)
def test_a_window_counts_for_a_day_from_its_first_job(quota, limit, after, expected):
    assert limits.usage(quota, limit, NOON + after) == expected


@pytest.mark.parametrize(
    ("quota", "limit", "after", "expected"),
    [
        (None, 1, timedelta(0), QuotaSlot("2026-11-22T12:00:00.000Z", opens_window=True, limit=1)),
        (None, 0, timedelta(0), None),
        (OPENED, 4, timedelta(hours=1), QuotaSlot(OPENED.window, opens_window=False, limit=4)),
        (OPENED, 3, timedelta(hours=1), None),
        (OPENED, 3, timedelta(hours=24), QuotaSlot("2026-11-23T12:00:00.000Z", opens_window=True, limit=3)),
    ],
)
def test_a_job_has_a_seat_while_the_window_is_not_full(quota, limit, after, expected):
    assert limits.slot(quota, limit, NOON + after) == expected


def test_the_day_of_the_ceiling_is_utcs():
    late = datetime(2026, 12, 31, 23, 59, 58, 999_999, tzinfo=UTC)
    assert limits.run_counter_key(late) == "runs#2026-12-31"
    assert limits.run_limit_resets_at(late) == datetime(2027, 1, 1, tzinfo=UTC)
    assert limits.run_limit_resets_at(datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC)) == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_rates_windows_follow_each_other_without_a_gap():
    rate = Rate("create", 10, 60)
    start = datetime(2026, 11, 22, 12, 0, 59, 999_999, tzinfo=UTC)
    assert rate.key("who", start) == f"rate#create#who#{int(NOON.timestamp()) // 60}"
    assert rate.resets_in(start) == 1
    following = NOON + timedelta(minutes=1)
    assert rate.key("who", following) == f"rate#create#who#{int(NOON.timestamp()) // 60 + 1}"
    assert rate.resets_in(following) == 60
