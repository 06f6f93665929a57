"""The cost model: dollars that can be worked out by hand, and inputs that can be believed."""

import json
from dataclasses import replace

import pytest

from deployment import ROOT
from deployment.template import read_template
from operate import cost
from operate.cost import PRICES, Settings, bill, quantities, read_settings

INPUTS = json.loads(cost.INPUTS.read_text())
OURS, NAIVE = (INPUTS["designs"][name] for name in ("ours", "naive"))


def amounts(**per):
    return [{"per": name.replace("_", " "), "amount": amount} for name, amount in per.items()]


def function(memory_mb, init_cpu_ms, **of):
    """A function that is invoked once a job."""
    rest = {name: of.get(name, []) for name in ("cpu_ms", "waiting_ms")}
    return {
        "memory_mb": memory_mb,
        "init_cpu_ms": {"amount": init_cpu_ms},
        "invocations": amounts(job=1),
        **rest,
    }


def design(functions=None, **parts):
    return {
        "functions": functions or {},
        "parts": {name: {"price": price, "amounts": of} for name, (price, of) in parts.items()},
    }


def total(which, **changes):
    return sum(bill(which, replace(Settings(), **changes), INPUTS).values())


def test_work_is_billed_alike_at_any_size_and_waiting_by_memory():
    functions = {
        "small": function(256, 100, cpu_ms=amounts(job=4), waiting_ms=amounts(job=8)),
        "large": function(2048, 0, cpu_ms=amounts(job=4), waiting_ms=amounts(job=8)),
    }
    found = bill(design(functions), Settings(jobs=1000, cold=0.01), INPUTS)
    # 1,000 jobs, ms: 4,000 of work, 1 % of them begun with 100, and 8,000 of waiting.
    small = (1769 * (4000 + 1000) + 256 * 8000) / 1024 / 1000
    large = 2048 * (4000 + 8000) / 1024 / 1000
    assert found["compute: small"] == pytest.approx(small * 1.33334e-5)
    assert found["compute: large"] == pytest.approx(large * 1.33334e-5)
    dearer = bill(design(functions), Settings(jobs=1000, cold=0.01, arch="x86"), INPUTS)
    assert dearer["compute: large"] == pytest.approx(24 * 1.66667e-5)


def test_a_part_costs_its_amounts_times_its_price():
    of = {
        "api": ("HTTP API request", amounts(job=3, look=1)),
        "lambda": ("Lambda request", amounts(invocation=1)),
        "out": ("data out GB", amounts(result_MB=0.001)),
        "clock": ("Scheduler invocation", amounts(month=43_200)),
    }
    found = bill(design({"one": function(128, 0)}, **of), Settings(jobs=2_000_000, polls=10), INPUTS)
    assert found["api"] == pytest.approx(26.00)
    assert found["lambda"] == pytest.approx(0.40)
    assert found["out"] == pytest.approx(2e6 * 1200 * 900 * 16 * 0.21 / 1e9 * 0.09)
    assert found["clock"] == pytest.approx(0.0432)


def test_what_is_free_is_not_billed():
    of = design(cdn=("CloudFront request", amounts(job=5)))
    assert bill(of, Settings(jobs=1_000_000), INPUTS)["cdn"] == 0
    assert bill(of, Settings(jobs=3_000_000), INPUTS)["cdn"] == pytest.approx(5.00)


def test_quantities_follow_the_image_and_the_time_it_is_kept():
    found = quantities(Settings(jobs=10, size=(1000, 1000), format="jpeg", guests=0.5), INPUTS)
    assert found["result MB"] == pytest.approx(10 * 16 * 0.26)
    assert found["result MB-month"] == found["result MB"], "30 days"
    assert found["original MB-month"] == pytest.approx(found["original MB"] / 30)
    assert found["record month"] == 30, "90 days of 10 rows"
    assert (found["jpeg megapixel"], found["png megapixel"]) == (160, 0)
    assert (found["guest job"], found["changed original"]) == (5, 5)
    large = quantities(Settings(jobs=10, size=(4000, 3000)), INPUTS)
    assert large["webp megapixel"] == pytest.approx(10 * 16 * 2.096704), "reduced to what the model takes"
    assert large["changed original"] == 10


def test_held_requests_take_the_place_of_polls():
    found = quantities(Settings(jobs=1, polls=99, wait=5, model_seconds=12), INPUTS)
    assert (found["look"], found["held second"]) == (4, 13)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"jobs": 1000}, {"jobs": 2000}),
        ({"polls": 3}, {"polls": 4}),
        ({"wait": 20}, {"wait": 20, "model_seconds": 30}),
        ({"format": "webp"}, {"format": "jpeg"}),
        ({"format": "jpeg"}, {"format": "png"}),
        ({"size": (600, 450)}, {"size": (1200, 900)}),
        ({"guests": 0.0}, {"guests": 0.5}),
        ({"cold": 0.01}, {"cold": 0.02}),
        ({"arch": "arm64"}, {"arch": "x86"}),
    ],
)
def test_more_costs_more(less, more):
    assert total(OURS, **less) < total(OURS, **more)


def test_only_the_naive_design_pays_for_the_models_time():
    assert total(OURS, model_seconds=1) == total(OURS, model_seconds=20)
    assert total(NAIVE, model_seconds=1) < total(NAIVE, model_seconds=20)


def test_settings_are_read_and_empty_ones_left():
    read = read_settings(["JOBS=5", "POLLS=", "SIZE=640x480", "WAIT=2.5", "FORMAT=png"])
    assert read == Settings(jobs=5, size=(640, 480), wait=2.5, format="png")


@pytest.mark.parametrize(
    "argument",
    [
        "POLL=1", "jobs=1", "JOBS", "JOBS=0", "JOBS=1.5", "JOBS=many", "POLLS=-1", "WAIT=26", "WAIT=nan", "GUESTS=2",
        "COLD=inf", "MODEL_SECONDS=-1", "FORMAT=gif", "ARCH=riscv", "SIZE=12", "SIZE=0x3", "SIZE=1x2x3",
        "SIZE=9999x9999",
    ],
)  # fmt: skip
def test_a_bad_argument_gets_one_sentence(argument):
    with pytest.raises(SystemExit) as refusal:
        read_settings([argument])
    sentence = str(refusal.value)
    assert argument.partition("=")[0] in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def _notes(node):
    if isinstance(node, list):
        for each in node:
            yield from _notes(each)
    elif isinstance(node, dict):
        if "from" in node:
            yield node["from"]
        for each in node.values():
            yield from _notes(each)


def test_every_input_says_where_it_comes_from():
    notes = list(_notes(INPUTS))
    assert len(notes) > 100
    assert not [note for note in notes if note.partition(":")[0] not in {"counted", "measured", "assumed"}]


def test_functions_have_the_memory_of_the_template():
    template = read_template(ROOT / "template.yaml")
    common = template["Globals"]["Function"]["MemorySize"]
    for name, described in OURS["functions"].items():
        logical_id = "".join(word.capitalize() for word in name.split("-")) + "Function"
        properties = template["Resources"][logical_id]["Properties"]
        assert described["memory_mb"] == properties.get("MemorySize", common), name


def test_alarms_are_billed_by_the_metrics_that_they_watch():
    alarms = [
        each["Properties"]
        for each in read_template(ROOT / "template.yaml")["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    ]
    watched = sum(sum("MetricStat" in part for part in alarm.get("Metrics", [])) or 1 for alarm in alarms)
    assert OURS["parts"]["alarms"]["amounts"][0]["amount"] == watched


def test_the_bill_is_printed_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cost, "WRITTEN", tmp_path / "bench" / "cost.json")
    cost.main(["JOBS=1000", "MODEL_SECONDS=60"])
    printed, written = capsys.readouterr().out, json.loads(cost.WRITTEN.read_text())
    assert "ends its request after 30 seconds" in printed
    assert sum(written["US dollars a month"]["ours"].values()) == pytest.approx(
        total(OURS, jobs=1000, model_seconds=60)
    )
    assert written["the provider's runs"] == pytest.approx(2.00)
    assert all(name in printed for name in written["US dollars a month"]["naive"])
    assert set(written["prices"]) == set(PRICES)


def test_the_documents_say_what_is_computed():
    said = (ROOT / "docs/performance.md").read_text()
    assert f"| **total** | **{total(OURS):,.2f}** | **{total(NAIVE):,.2f}** |" in said
    for setting, changes in {"FORMAT=png": {"format": "png"}, "POLLS=5": {"polls": 5}}.items():
        assert f"| {setting} | {total(OURS, **changes):,.0f} |" in said
    assert f"about ${round(total(OURS), -1):.0f}, mostly" in (ROOT / "README.md").read_text()
