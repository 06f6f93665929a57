"""What calls cost does not depend on how large the table is: by the same counts as `python -m tests.budgets.growth`."""

import json

import pytest

from deployment import ROOT
from operate.cost import INPUTS
from tests.budgets.growth import Index, item_bytes, measure, read_units

SIZES = (400, 2_000)  # every tenth row is the owner's: two pages of history
UNFINISHED = (0, 2, 4)


@pytest.fixture(scope="module")
def bills():
    return {rows: measure(rows, UNFINISHED) for rows in SIZES}


def test_everything_costs_the_same_in_a_larger_table(bills):
    small, large = (bills[rows] for rows in SIZES)
    assert large == small
    assert all(bill.calls.total() for bill in large.values())


def test_reconcile_grows_with_unfinished_jobs_alone(bills):
    none, two, four = (bills[2_000][f"reconcile, {number} unfinished"] for number in UNFINISHED)
    assert none.calls.total() < two.calls.total()
    assert four.calls - two.calls == two.calls - none.calls
    assert four.write_units - two.write_units == two.write_units - none.write_units


def test_the_bill_and_the_document_stand_on_these_units(bills):
    parts = json.loads(INPUTS.read_text())["designs"]["ours"]["parts"]
    writes, reads = (
        {each["what"].partition(":")[0]: each["amount"] for each in parts[f"DynamoDB {part}"]["amounts"]}
        for part in ("writes", "reads")
    )
    measured = bills[SIZES[0]]
    document = (ROOT / "docs/performance.md").read_text()
    for name in ("create", "start", "completion"):
        assert writes[name] == measured[name].write_units, name
        assert reads.get(name, 0) == measured[name].read_units, name
        bill = measured[name]
        assert f"| {name} | {bill.calls.total()} | {bill.read_units:g} | {bill.write_units:g} |" in document
    assert reads["a look"] == measured["status"].read_units
    assert reads["2 pages of history"] == 2 * measured["history, first page"].read_units


def test_rows_are_measured_by_dynamodbs_rules():
    row = {"id": {"S": "ä"}, "used": {"N": "12345"}, "deleted": {"BOOL": True}, "lines": {"L": [{"S": "abc"}]}}
    assert item_bytes(row) == (2 + 2) + (4 + 3 + 1) + (7 + 1) + (5 + 3 + 1 + 3)
    assert [read_units(size, consistent=True) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert read_units(1, consistent=False) == 0.5


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        ({}, {}, 0),
        ({}, {"due": "1"}, 1),
        ({"due": "1"}, {"due": "1"}, 0),
        ({"due": "1"}, {"due": "2"}, 2),
        ({"due": "1"}, {}, 1),
        ({"due": "1"}, {"due": "1", "kept": "x"}, 1),
        ({"due": "1"}, {"due": "1", "kept": "x" * 1024}, 2),
        ({"due": "1"}, {"due": "1", "other": "x"}, 0),
    ],
)
def test_an_index_costs_what_changes_in_it(before, after, units):
    index = Index(("due",), frozenset({"due", "kept"}))
    rows = [{name: {"S": text} for name, text in row.items()} for row in (before, after)]
    assert index.write_units(*rows) == units
