"""The monthly cost of an installation, part by part, beside the naive design: `make cost JOBS=1000000 POLLS=10 …`.

Or `python -m operate.cost JOBS=1000000 …`. Settings, each with a default: JOBS a month; POLLS, the number of times
that a client requests its job's status; WAIT, the seconds for which ?wait= holds such a request (0: it is not held;
otherwise POLLS has no effect, because a held request is answered when the job's state changes); MODEL_SECONDS, the
duration of a run; FORMAT, png, webp or jpeg; SIZE of the image, 1200x900; GUESTS, the share of jobs that guests create;
COLD, the share of invocations that start a process; ARCH, arm64 or x86; TRACING, active or off, the template's Tracing.

cost_inputs.json has the amounts that a job needs, each with its source. PRICES are list prices, without volume
discounts and without free tiers except CloudFront's and X-Ray's. Storage is what a month of such jobs occupies until it
expires. Left out: taxes, KMS and SSM (nothing at our rates), sessions, and cancelling, sharing and deleting (rare).
Prints the bill, its largest parts and the effect of each setting, and writes all of it to out/bench/cost.json.

The naive design is one 512 MB function that receives the image as a form, requests a run, checks every second whether
it has ended, copies the provider's PNG and writes one row: tests/budgets/naive/app.py, except for the form. It has no
page, owner, quota, preview or second attempt.
"""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deployment import ROOT
from enhancer.adapters.model_files import models
from enhancer.domain.retention import ORIGINAL, RECORD, RESULT

INPUTS = Path(__file__).with_name("cost_inputs.json")
WRITTEN = ROOT / "out" / "bench" / "cost.json"
MONTH = timedelta(days=30)
FULL_CPU = 1769
"""MB at which a function has one whole processor. With less memory its share is proportional, so that computation costs
the same at any size (AWS, Lambda developer guide, "Configure Lambda function memory", read 2026-11-22)."""
MAX_MODEL_PIXELS = models()["nightmareai/real-esrgan"].max_pixels
GATEWAY_SECONDS = 30  # the longest request of an HTTP API (AWS, API Gateway developer guide, read 2026-11-22)
METERED = 512 * 1024  # bytes that an HTTP API counts as one request


@dataclass(frozen=True)
class Price:
    """The price of one unit in US dollars, its source, whether that is the vendor's page, and free units a month."""

    dollars: float
    source: str
    sure: bool = False
    free: float = 0


_OTHERS = "second-hand, read 2026-11-22"
_KNOWN = "general knowledge, not read"
PRICES = {
    "Lambda request": Price(0.20e-6, f"AWS, Lambda pricing page, us-east-1, {_OTHERS}"),
    "GB-second arm64": Price(1.33334e-5, f"AWS, Lambda pricing page, us-east-1, {_OTHERS}"),
    "GB-second x86": Price(1.66667e-5, f"AWS, Lambda pricing page, us-east-1, {_OTHERS}"),
    "HTTP API request": Price(1.00e-6, f"AWS, API Gateway pricing page, us-east-1, first 300 M, {_OTHERS}"),
    "data out GB": Price(0.09, f"AWS, EC2 pricing page, us-east-1, first 10 TB, {_OTHERS}"),
    "SQS request": Price(0.40e-6, f"AWS, SQS pricing page, us-east-1: {_KNOWN}"),
    "DynamoDB write unit": Price(0.625e-6, f"AWS, DynamoDB pricing page, on demand, us-east-1, {_OTHERS}"),
    "DynamoDB read unit": Price(0.125e-6, f"AWS, DynamoDB pricing page, on demand, us-east-1, {_OTHERS}"),
    "DynamoDB GB-month": Price(0.25, f"AWS, DynamoDB pricing page, us-east-1: {_KNOWN}"),
    "DynamoDB recovery GB-month": Price(0.20, f"AWS, DynamoDB pricing page, us-east-1: {_KNOWN}"),
    "X-Ray trace": Price(5.00e-6, f"AWS, X-Ray pricing page, us-east-1: {_KNOWN}", free=1e5),
    "Scheduler invocation": Price(1.00e-6, f"AWS, EventBridge pricing page, us-east-1: {_KNOWN}"),
    "log GB": Price(0.50, f"AWS, CloudWatch pricing page, us-east-1: {_KNOWN}"),
    "log GB-month": Price(0.03, f"AWS, CloudWatch pricing page, us-east-1: {_KNOWN}"),
    "metric-month": Price(0.30, f"AWS, CloudWatch pricing page, us-east-1, first 10,000: {_KNOWN}"),
    "alarm metric-month": Price(0.10, f"AWS, CloudWatch pricing page, us-east-1: {_KNOWN}"),
    "dashboard-month": Price(3.00, f"AWS, CloudWatch pricing page, us-east-1: {_KNOWN}"),
    "CloudFront request": Price(1.00e-6, f"AWS, CloudFront pricing page, HTTPS, US and Europe: {_KNOWN}", free=1e7),
    "CloudFront GB": Price(0.085, f"AWS, CloudFront pricing page, US and Europe: {_KNOWN}", free=1000),
    "R2 class A operation": Price(4.50e-6, "Cloudflare, R2 pricing page, read 2026-11-22", sure=True),
    "R2 class B operation": Price(0.36e-6, "Cloudflare, R2 pricing page, read 2026-11-22", sure=True),
    "R2 GB-month": Price(0.015, "Cloudflare, R2 pricing page, read 2026-11-22", sure=True),
}
RUN = Price(models()["nightmareai/real-esrgan"].price_usd, "models/nightmareai--real-esrgan.json")

Bill = dict[str, float]
"""US dollars a month by part."""


@dataclass(frozen=True)
class Settings:
    """The settings of a month. `size` is width and height in pixels, `wait` and `model_seconds` seconds."""

    jobs: int = 1_000_000
    polls: int = 10
    wait: float = 0
    model_seconds: float = 12
    format: str = "webp"
    size: tuple[int, int] = (1200, 900)
    guests: float = 1.0
    cold: float = 0.01
    arch: str = "arm64"
    tracing: str = "active"


def main(arguments: Sequence[str]) -> None:
    """Print the bill and write it."""
    settings, inputs = read_settings(arguments), json.loads(INPUTS.read_text())
    bills = {name: bill(design, settings, inputs) for name, design in inputs["designs"].items()}
    moved = {
        label: {name: sum(bill(design, other, inputs).values()) for name, design in inputs["designs"].items()}
        for label, other in variations(settings)
    }
    _print_bill(settings, bills)
    _print_moves(bills, moved)
    _print_doubts(settings, inputs)
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": asdict(settings),
        "US dollars a month": bills,
        "the provider's runs": settings.jobs * RUN.dollars,
        "totals with one setting changed": moved,
        "prices": {name: asdict(price) for name, price in PRICES.items()},
    }
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(document, indent=1) + "\n")


# ---- Settings -------------------------------------------------------------------------------------------------------


def read_settings(arguments: Iterable[str]) -> Settings:
    """Read settings from KEY=VALUE; an empty value leaves the default. Raises SystemExit with a sentence."""
    given = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        known = [field.name.upper() for field in fields(Settings)]
        if not equals or name not in known:
            raise SystemExit(f"{argument!r} is not a setting; give KEY=VALUE with one of {', '.join(known)}.")
        if value:
            given[name.lower()] = _value(name, value)
    return Settings(**given)


def _value(name: str, text: str) -> Any:
    choices = {"FORMAT": ("png", "webp", "jpeg"), "ARCH": ("arm64", "x86"), "TRACING": ("active", "off")}
    if name in choices:
        if text not in choices[name]:
            raise SystemExit(f"{name} is {text!r}; it must be one of {', '.join(choices[name])}.")
        return text
    if name == "SIZE":
        width, _, height = text.partition("x")
        sides = tuple(int(side) if side.isascii() and side.isdigit() else 0 for side in (width, height))
        if not (min(sides) > 0 and sides[0] * sides[1] <= 50_000_000):
            raise SystemExit(f"SIZE is {text!r}; it must be WIDTHxHEIGHT in pixels, at most 50 million of them.")
        return sides
    whole = name in {"JOBS", "POLLS"}
    least, most = {
        "JOBS": (1, 10**12),
        "POLLS": (0, 10_000),
        "WAIT": (0, 25),
        "MODEL_SECONDS": (0, 1800),
        "GUESTS": (0, 1),
        "COLD": (0, 1),
    }[name]
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        kind = "a whole number" if whole else "a number"
        raise SystemExit(f"{name} is {text!r}; it must be {kind} from {least:,} to {most:,}.")
    return number


def variations(settings: Settings) -> list[tuple[str, Settings]]:
    """Return labelled variations of the settings, each with one change."""
    changes: list[tuple[str, dict[str, Any]]] = [
        *((f"FORMAT={each}", {"format": each}) for each in ("png", "webp", "jpeg")),
        (f"POLLS={settings.polls // 2}", {"polls": settings.polls // 2}),
        (f"POLLS={settings.polls * 2}", {"polls": settings.polls * 2}),
        ("WAIT=0", {"wait": 0}),
        ("WAIT=20", {"wait": 20}),
        (
            f"MODEL_SECONDS={settings.model_seconds * 2:g} POLLS={settings.polls * 2}",
            {"model_seconds": settings.model_seconds * 2, "polls": settings.polls * 2},
        ),
        ("SIZE=600x450", {"size": (600, 450)}),
        ("SIZE=4000x3000", {"size": (4000, 3000)}),
        ("GUESTS=0", {"guests": 0.0}),
        ("GUESTS=1", {"guests": 1.0}),
        ("COLD=0.1", {"cold": 0.1}),
        ("ARCH=arm64", {"arch": "arm64"}),
        ("ARCH=x86", {"arch": "x86"}),
        ("TRACING=active", {"tracing": "active"}),
        ("TRACING=off", {"tracing": "off"}),
    ]
    others = {label: replace(settings, **change) for label, change in changes}
    return [(label, other) for label, other in others.items() if other != settings]


# ---- The model ------------------------------------------------------------------------------------------------------


def quantities(settings: Settings, inputs: Mapping[str, Any]) -> dict[str, float]:
    """Return the monthly quantity of each unit that the amounts refer to; MB are millions of bytes."""
    images, jobs = inputs["images"], settings.jobs
    pixels = settings.size[0] * settings.size[1]
    fitting = min(pixels, MAX_MODEL_PIXELS)  # a larger image is reduced before it is sent
    result = fitting * images["scale"]["amount"] ** 2
    per_pixel = images["result_bytes_per_pixel"]
    changed = jobs * (1 if pixels > fitting else images["changed_share"]["amount"])
    held = settings.model_seconds + inputs["own_seconds"]["amount"] if settings.wait else 0
    # A held request ends when the job's state changes or after `wait`: one sees the run start, the rest await its end.
    looks = math.ceil(held / settings.wait) + 1 if settings.wait else settings.polls
    original = pixels * images["original_bytes_per_pixel"]["amount"]
    megabytes = {
        "original MB": jobs * original / 1e6,
        "changed MB": changed * fitting * images["changed_bytes_per_pixel"]["amount"] / 1e6,
        "output MB": jobs * result * per_pixel["png"] / 1e6,
        "result MB": jobs * result * per_pixel[settings.format] / 1e6,
    }
    kept = {"original MB": ORIGINAL, "changed MB": ORIGINAL, "output MB": RESULT, "result MB": RESULT}
    return {
        "month": 1,
        "job": jobs,
        "guest job": jobs * settings.guests,
        "look": jobs * looks,
        "held second": jobs * held,
        "model second": jobs * settings.model_seconds,
        "changed original": changed,
        "form unit": jobs * math.ceil(original / METERED),
        "record month": jobs * (RECORD / MONTH),
        "original megapixel": jobs * pixels / 1e6,
        **{f"{each} megapixel": jobs * result / 1e6 * (each == settings.format) for each in ("png", "webp", "jpeg")},
        **megabytes,
        **{f"{name}-month": megabytes[name] * (time / MONTH) for name, time in kept.items()},
    }


def bill(design: Mapping[str, Any], settings: Settings, inputs: Mapping[str, Any]) -> Bill:
    """Return the monthly bill of a design."""
    quantity = quantities(settings, inputs)
    found: Bill = defaultdict(float)
    price = PRICES[f"GB-second {settings.arch}"].dollars
    quantity["invocation"] = 0
    for name, function in design["functions"].items():
        invocations = _sum(function["invocations"], quantity)
        quantity["invocation"] += invocations
        found[f"compute: {name}"] = gb_seconds(function, quantity, settings.cold) * price
    quantity["trace"] = _traces(quantity["invocation"]) if settings.tracing == "active" else 0
    for name, part in design["parts"].items():
        price = PRICES[part["price"]].dollars
        found[name] = max(0, _sum(part["amounts"], quantity) - PRICES[part["price"]].free) * price
    return dict(found)


def _traces(invocations: float) -> float:
    """Return the number of traces that X-Ray samples by default, if invocations are spread evenly over the month.

    They are the first of each second and 5 % of the rest (its default rule, not read).
    """
    seconds = min(invocations, MONTH.total_seconds())
    return seconds + 0.05 * (invocations - seconds)


def gb_seconds(function: Mapping[str, Any], quantity: Mapping[str, float], cold: float) -> float:
    """Return the GB-seconds that a function is billed for.

    Computation costs the same at any memory size up to a whole processor; waiting costs in proportion to memory.
    """
    memory: float = function["memory_mb"]
    starts = cold * _sum(function["invocations"], quantity) * function["init_cpu_ms"]["amount"]
    work = _sum(function["cpu_ms"], quantity) + starts
    megabyte_ms: float = max(FULL_CPU, memory) * work + memory * _sum(function["waiting_ms"], quantity)
    return megabyte_ms / 1024 / 1000


def _sum(amounts: Iterable[Mapping[str, Any]], quantity: Mapping[str, float]) -> float:
    return math.fsum(each["amount"] * quantity[each["per"]] for each in amounts)


# ---- Output ---------------------------------------------------------------------------------------------------------


def _print_bill(settings: Settings, bills: Mapping[str, Bill]) -> None:
    chosen = " ".join(f"{name.upper()}={_text(value)}" for name, value in asdict(settings).items())
    print(f"US dollars a month: {chosen}\n")
    ours, naive = bills["ours"], bills["naive"]
    total, other = sum(ours.values()), sum(naive.values())
    print(f"{'':34}{'ours':>12}{'share':>8}{'naive':>12}{'share':>8}")
    for name in sorted({**ours, **naive}, key=lambda name: (-ours.get(name, 0), -naive.get(name, 0))):
        print(f"{name:34}{_cell(ours, name, total)}{_cell(naive, name, other)}")
    print(f"{'total':34}{total:>12,.2f}{'':8}{other:>12,.2f}")
    print(f"{'for 1,000 jobs':34}{total / settings.jobs * 1000:>12,.4f}{'':8}{other / settings.jobs * 1000:>12,.4f}")
    runs = settings.jobs * RUN.dollars
    print(f"\n{'not ours: the provider for its runs':34}{runs:>11,.2f}{'':8}{runs:>12,.2f}")
    if settings.model_seconds + 2 > GATEWAY_SECONDS:
        print(f"The naive design can't do this: a gateway ends its request after {GATEWAY_SECONDS} seconds.")
    if settings.size[0] * settings.size[1] > MAX_MODEL_PIXELS:
        print(f"The naive design can't do this: the model refuses more than {MAX_MODEL_PIXELS:,} pixels.")


def _cell(found: Bill, name: str, total: float) -> str:
    return f"{found[name]:>12,.2f}{found[name] / total:>8.1%}" if name in found else f"{'-':>12}{'':8}"


def _text(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _print_moves(bills: Mapping[str, Bill], moved: Mapping[str, Mapping[str, float]]) -> None:
    ours, totals = bills["ours"], {name: sum(found.values()) for name, found in bills.items()}
    first, second, third = sorted(ours, key=lambda name: -ours[name])[:3]
    share = (ours[first] + ours[second] + ours[third]) / totals["ours"]
    print(f"\nWhat dominates ours: {first}, {second} and {third} are {share:.0%}. One setting changed:\n")
    print(f"{'':34}{'ours':>12}{'change':>12}{'naive':>12}{'change':>12}")
    for label in sorted(moved, key=lambda label: -abs(moved[label]["ours"] - totals["ours"])):
        cells = (f"{moved[label][name]:>12,.2f}{moved[label][name] - totals[name]:>+12,.2f}" for name in totals)
        print(f"{label:34}{''.join(cells)}")


def _print_doubts(settings: Settings, inputs: Mapping[str, Any]) -> None:
    unsure = [name for name, price in PRICES.items() if not price.sure]
    print(f"\nNot read on the vendor's own page: the prices of {', '.join(unsure)}, and of the provider's run.")
    quantity = quantities(settings, inputs)
    price = PRICES[f"GB-second {settings.arch}"].dollars
    ours = inputs["designs"]["ours"]["functions"].values()
    spent = sum(gb_seconds(each, quantity, settings.cold) for each in ours) * price
    print(f"Processor and waiting times are partly assumed; all compute together is {spent:,.2f} of ours.")


if __name__ == "__main__":
    main(sys.argv[1:])
