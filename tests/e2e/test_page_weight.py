"""What the page transfers: the first load within its budget, and a result's images once only.

The limits are about 10 % above what `make bench ONLY=page` measured on 2026-11-23: 246,474 bytes in 12 requests.
"""

from tests.budgets.page import by_image, views
from tests.budgets.traffic import Traffic
from tests.e2e.conftest import Visit

FIRST_LOAD_BYTES = 270_000
FIRST_LOAD_REQUESTS = 13
IMAGES = {"input.jpg", "output.webp", "preview.webp", "thumb.webp"}


def test_the_first_load_stays_within_its_budget(visit: Visit) -> None:
    fetches = Traffic(visit("about:blank")).of_the_start()
    assert {fetch.source for fetch in fetches} == {"network"}
    assert sum(fetch.transferred for fetch in fetches) <= FIRST_LOAD_BYTES, fetches
    assert len(fetches) <= FIRST_LOAD_REQUESTS, fetches


def test_a_repeated_view_of_a_result_fetches_none_of_its_images_again(visit: Visit) -> None:
    made, *ways_back = views(visit()).values()
    assert min(transferred for transferred, _ in by_image(made).values()) > 0
    for seen in map(by_image, [made, *ways_back]):
        assert seen.keys() == IMAGES
    assert [sum(transferred for transferred, _ in by_image(way).values()) for way in ways_back] == [0, 0, 0]
