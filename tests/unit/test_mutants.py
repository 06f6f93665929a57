"""`make mutants`: what a run found is judged by floors and by a list of survivors with reasons."""

from dataclasses import replace

import pytest

from tests.mutants.judge import GROUPS, Acceptance, Mutant, accepted, judge, table

DOMAIN, OPERATE = "enhancer/domain/limits.py", "operate/redrive.py"
KILLED = Mutant("enhancer.domain.limits.x_usage__mutmut_1", DOMAIN, "killed")
SURVIVOR = replace(
    KILLED, name="enhancer.domain.limits.xǁRateǁkey__mutmut_2", status="survived", before=("a + 1",), after=("a - 1",)
)


def test_a_survivor_that_is_not_listed_is_a_fault_with_its_lines():
    [fault] = judge([KILLED] * 9 + [SURVIVOR], []).faults
    assert fault.splitlines() == [
        "enhancer/domain/limits.py:Rate.key survived (enhancer.domain.limits.xǁRateǁkey__mutmut_2)",
        "    - a + 1",
        "    + a - 1",
    ]


@pytest.mark.parametrize("status", ["no tests", "suspicious", "not checked", "skipped"])
def test_what_no_test_reaches_or_nothing_tried_is_a_fault(status):
    assert judge([KILLED] * 9 + [replace(SURVIVOR, status=status)], []).faults


@pytest.mark.parametrize("status", ["timeout", "segfault"])
def test_a_mutant_that_never_ends_is_killed(status):
    assert judge([replace(SURVIVOR, status=status)], []).faults == []


@pytest.mark.parametrize(
    "acceptance",
    [
        Acceptance("x", f"{DOMAIN}:Rate.key", changes=["a - 1"]),
        Acceptance("x", f"{DOMAIN}:*", pattern=r"a . \d$"),
    ],
)
def test_a_listed_survivor_is_none(acceptance):
    decision = judge([KILLED] * 9 + [SURVIVOR], [acceptance])
    assert decision.faults == []
    assert decision.counts == {DOMAIN: [10, 9, 1]}


@pytest.mark.parametrize(
    "acceptance",
    [
        Acceptance("x", f"{DOMAIN}:usage", changes=["a - 1"]),
        Acceptance("x", f"{DOMAIN}:Rate.key", changes=["a - 2"]),
        Acceptance("x", f"{DOMAIN}:Rate.key"),
    ],
)
def test_an_acceptance_that_nothing_needs_is_a_fault(acceptance):
    survivor, unused = judge([KILLED] * 9 + [SURVIVOR], [acceptance]).faults
    assert "Rate.key survived" in survivor
    assert unused.startswith("accepted.toml: nothing survives any more of")


def test_an_acceptance_for_a_file_that_was_not_tried_may_wait():
    assert judge([KILLED], [Acceptance("x", f"{OPERATE}:main", changes=["1"])]).faults == []


@pytest.mark.parametrize(("survivors", "faults"), [(1, 0), (2, 1)])
def test_a_group_has_a_floor_that_accepted_survivors_count_against(survivors, faults):
    anything = Acceptance("x", "*", pattern="")
    found = judge([KILLED] * (10 - survivors) + [SURVIVOR] * survivors, [anything]).faults
    assert found == ["domain: 8 of 10 mutants are killed, less than 90 %"][:faults]


def test_a_change_that_only_takes_lines_out_can_be_listed():
    assert replace(SURVIVOR, after=()).change == "- a + 1"


def test_the_table_has_a_row_for_each_file_and_group():
    operate = replace(KILLED, path=OPERATE)
    rows = list(table(judge([KILLED] * 9 + [SURVIVOR, operate], [])))
    assert rows[2:] == [
        "| enhancer/domain/limits.py | 10 | 9 | 0 | 1 | 90.0 |",
        "| **domain**, at least 90 % | 10 | 9 | 0 | 1 | 90.0 |",
        "| operate/redrive.py | 1 | 1 | 0 | 0 | 100.0 |",
        "| **operate**, at least 80 % | 1 | 1 | 0 | 0 | 100.0 |",
    ]


def test_each_acceptance_has_a_reason_and_says_what_it_means():
    for each in accepted():
        assert each.reason.endswith(".")
        assert any(group.holds(each.where.partition(":")[0]) for group in GROUPS), each.where
        assert bool(each.changes) != (each.pattern is not None), each.where
