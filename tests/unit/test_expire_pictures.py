from enhancer.usecases.expire_pictures import expire_pictures

PREFIX = "ai-enhancer/"


def run(world, enough_time=lambda: True):
    return expire_pictures(
        pictures=world.pictures, usage=world.usage, prefix=PREFIX, clock=world.clock, enough_time=enough_time
    )


def test_originals_go_after_a_day_and_results_after_thirty(world):
    for key in ("ai-enhancer/uploads/x/input.png", "ai-enhancer/results/x/output.png", "elsewhere/uploads/file"):
        world.pictures.write(key, b"", "image/png", "")
    world.clock.advance(hours=23)
    assert run(world) == {"seen": 2, "deleted": 0}
    world.clock.advance(hours=1)
    assert run(world) == {"seen": 2, "deleted": 1}
    world.clock.advance(days=29)
    assert run(world) == {"seen": 1, "deleted": 1}
    assert list(world.pictures.objects) == ["elsewhere/uploads/file"]


def test_a_run_stops_in_good_order_when_time_is_short_and_the_next_goes_on(world):
    for number in range(700):
        world.pictures.write(f"ai-enhancer/uploads/{number}", b"", "image/png", "")
    world.clock.advance(days=2)
    assert run(world, enough_time=lambda: False) == {"seen": 500, "deleted": 500, "left for the next run": 1}
    assert run(world) == {"another run holds the lease": 1}
    world.clock.advance(minutes=15)
    assert run(world) == {"seen": 200, "deleted": 200}
