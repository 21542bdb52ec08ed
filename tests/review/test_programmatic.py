"""Labels that a check computes: by pattern, query, expression or function, with the check's hash."""

from __future__ import annotations

import dataclasses
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

import workbench
from workbench.errors import QuarantineError, UsageError
from workbench.review.programmatic import Check, calculator, constraint, label, regex, sql, unit_test
from workbench.tables import CASES, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from workbench.workspace import Workspace

ON_ITS_WAY = "order.status == 'processing' or (order.status == 'in_transit' and order.days_late > 3)"
ON_ITS_WAY_SQL = """
WITH facts_by AS (SELECT max(value) FILTER (WHERE name = 'order.status') AS status,
                         max(value) FILTER (WHERE name = 'order.days_late') AS days FROM facts)
SELECT 'refund' FROM facts_by WHERE status = 'processing' OR (status = 'in_transit' AND days > 3)
"""


@pytest.fixture
def demo(demo_seed: Path) -> Iterator[Workspace]:
    """The demo's 184 real conversations, their labels given by people, and its refund policy."""
    with workbench.open(demo_seed) as opened:
        yield opened


def case(facts: Any = None, *said: str, documents: Any = None) -> dict[str, Any]:
    """A case as a check sees it."""
    turns = [{"role": "user", "text": text} for text in said]
    return {"case_id": "r1", "turns": turns, "context": {"facts": facts, "documents": documents}}


def of_rule(shop: Workspace, rule: str) -> list[str]:
    """The demo's cases that a rule of its policy decides."""
    cases = shop.cases
    ruled = cases["extra"].map(lambda extra: extra.get("rule") == rule) & (cases["split"] != "holdout")
    return cases.loc[ruled, "case_id"].tolist()


def another_size(case: Mapping[str, Any]) -> str | None:
    """Rule 9e, as far as a text tells it."""
    order = case["context"]["facts"]["order"] or {}
    wants_size = any("size" in turn["text"] for turn in case["turns"])
    return ("replace" if order.get("in_stock") else "credit") if wants_size else None


def test_a_rule_of_the_refund_policy_labels_as_people_did(demo: Workspace) -> None:
    rule = of_rule(demo, "5c")
    done = label(demo, constraint("rule 5c", ON_ITS_WAY, "refund"), rule)
    stored = demo.store.read(LABELS).query("kind == 'programmatic'")

    assert (done.labels, done.known, done.silent) == (len(stored), 0, len(rule) - len(stored))
    assert len(stored) >= 5
    assert done.differs.empty
    assert set(stored["author"]) == {"rule 5c"}
    assert set(stored["check_sha256"]) == {done.check_sha256}
    assert set(stored["rubric_version"]) == {"demo-1"}


def test_a_query_and_a_condition_that_say_the_same_label_the_same(demo: Workspace) -> None:
    cases = demo.cases.to_dict("records")
    by_query, by_condition = sql("5c", ON_ITS_WAY_SQL), constraint("5c", ON_ITS_WAY, "refund")

    assert [by_query.says(one) for one in cases] == [by_condition.says(one) for one in cases]
    assert {by_query.says(one) for one in cases} == {"refund", None}


def test_what_a_check_contradicts_is_evidence_and_the_persons_label_counts(demo: Workspace) -> None:
    """A check that forgets that thanks and questions of a business are no wish, and that nobody is."""
    demo.store.append(LABELS, [human(one, "deny") for one in of_rule(demo, "1e")[:2]])
    done = label(demo, constraint("rule 1e", "customer.type == 'business'", "handoff"))
    people = done.differs[done.differs["kind"] == "human"]
    now = demo.labels.set_index("case_id")

    assert set(people["expected"]) >= {"deny"}
    assert set(people["computed"]) == {"handoff"}
    assert now.loc[people["case_id"], "kind"].tolist() == ["human"] * len(people)
    assert now.loc[people["case_id"], "expected"].tolist() == people["expected"].tolist()
    assert "differs from what was said before" in str(done)


def human(case_id: str, expected: str) -> dict[str, Any]:
    """A label that a person gave."""
    import datetime as dt

    at = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
    row = {"case_id": case_id, "expected": expected, "kind": "human", "author": "Kim", "created_at": at}
    return {"label_id": f"{int(case_id.rsplit('-', 1)[1]):064d}", **row}


def test_the_same_check_again_adds_nothing_and_a_corrected_one_counts_from_then_on(shop: Workspace) -> None:
    first = label(shop, regex("rule 5a", "WHERE", "deny"), ["p1", "p2"])
    again = label(shop, regex("rule 5a", "WHERE", "deny"))
    corrected = label(shop, regex("rule 5a", "WHERE", "refund"), ["p1"])

    assert (first.labels, first.known, first.silent) == (1, 0, 1)
    assert (again.labels, again.known) == (1, 1)  # m1 shouts too
    assert corrected.differs[["case_id", "kind", "expected", "computed"]].to_numpy().tolist() == [
        ["p1", "programmatic", "deny", "refund"]
    ]
    assert shop.labels.set_index("case_id").loc["p1", "expected"] == "refund"


def test_a_corrected_check_that_falls_silent_shows_what_it_leaves_behind(shop: Workspace) -> None:
    label(shop, regex("rule 5a", "WHERE", "deny"), ["p1"])
    done = label(shop, regex("rule 5a", "WHERE IS MY", "deny"), ["p1"])

    assert done.differs["case_id"].tolist() == ["p1"]
    assert done.differs["computed"].isna().all()


def test_the_holdout_stubs_and_planted_checks_are_never_labelled(shop: Workspace) -> None:
    everything = regex("all", "", "deny")
    for barred in ("o1", "t1", "planted-1"):
        with pytest.raises(UsageError, match=f"1 case cannot be labelled \\({barred}\\)"):
            label(shop, everything, ["p1", barred])
    label(shop, everything)

    assert not {"o1", "t1"} & set(shop.store.read(LABELS)["case_id"])
    assert "p1" in set(shop.store.read(LABELS)["case_id"])


def test_a_check_that_fails_on_a_case_is_told_by_case_and_nothing_is_added(shop: Workspace) -> None:
    before = len(shop.store.read(LABELS))
    with pytest.raises(QuarantineError) as refused:
        label(shop, unit_test("shouts", careless), ["p1", "p2", "m2"])

    assert [problem.split(":")[0] for problem in refused.value.problems] == ["case p2 makes it fail"]
    assert "cannot label 1 of 3 cases, so nothing was added" in str(refused.value)
    assert len(shop.store.read(LABELS)) == before


def careless(case: Mapping[str, Any]) -> str | None:
    """Fails on a conversation of more than one turn."""
    (turn,) = case["turns"]
    return "deny" if turn["text"].isupper() else None


def test_a_value_that_the_rubric_does_not_have_is_refused(shop: Workspace) -> None:
    with pytest.raises(
        QuarantineError, match="'money' from it, which the rubric does not have; it has refund, deny"
    ):
        label(shop, regex("rule", "WHERE", "money"))


def test_no_check_bears_the_name_of_the_model_that_wrote_the_case(
    shop: Workspace, new_case: Callable[..., dict[str, Any]]
) -> None:
    made = {
        "bucket": "prompted",
        "tag": "synth-x",
        "generator_model": "gpt-5.2",
        "generator_family": "openai/gpt",
    }
    shop.store.append(CASES, [new_case("p9", "WHERE is my parcel", **made)])

    with pytest.raises(QuarantineError, match="was written by a model of that name"):
        label(shop, regex("GPT 5.2", "WHERE", "deny"), ["p9"])


# The hash


def test_the_hash_changes_when_the_check_does_and_not_otherwise() -> None:
    one = regex("rule 1c", "lawyer", "handoff")
    others = [
        regex("rule 1c", "solicitor", "handoff"),
        regex("rule 1c", "lawyer", "deny"),
        regex("rule 1c", "lawyer", "handoff", over="conversation"),
        constraint("rule 1c", "lawyer", "handoff"),
    ]

    assert one.sha256 == regex("another name", "lawyer", "handoff").sha256
    assert len({one.sha256, *(other.sha256 for other in others)}) == 5


def test_a_function_is_hashed_by_its_source() -> None:
    check = unit_test("rule 9e", another_size)

    assert check.sha256 == unit_test("again", another_size).sha256
    assert check.sha256 != unit_test("rule 9e", careless).sha256
    assert check.source.startswith("def another_size(")
    assert check.says(case({"order": {"in_stock": False}}, "wrong size. swap")) == "credit"


@pytest.mark.parametrize("hidden", ["lambda", "closure", "builtin", "typed"])
def test_a_function_whose_source_does_not_tell_all_is_refused(hidden: str) -> None:
    value = "refund"

    def closure(_: Mapping[str, Any]) -> str:
        return value

    typed: dict[str, Any] = {}
    exec("def typed(case): return 'refund'", typed)  # noqa: S102 - a function without a file
    functions: dict[str, Any] = {
        "lambda": lambda _: "refund",
        "closure": closure,
        "builtin": len,
        "typed": typed["typed"],
    }
    with pytest.raises(UsageError, match="needs a function of a file or a notebook's cell"):
        unit_test("rule", functions[hidden])


def test_a_check_has_a_name_and_a_known_kind() -> None:
    with pytest.raises(UsageError, match="has no name"):
        Check(" ", "sql", "SELECT 1", lambda _: None)
    with pytest.raises(UsageError, match="'model' is none of"):
        Check("judge", "model", "ask it", lambda _: None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        regex("a", "b", "c").name = "d"  # type: ignore[misc]


# Patterns


def test_a_pattern_that_makes_others_backtrack_takes_no_time() -> None:
    """With backtracking this is 2 ** 200,000 steps; it would never end."""
    assert regex("evil", "^(a+)+$", "deny").says(case(None, "a" * 200_000 + "!")) is None


def test_a_pattern_is_looked_for_in_what_the_user_wrote_or_in_everything() -> None:
    talk = case(None, "no answer") | {"turns": [{"role": "assistant", "text": "Ask a lawyer."}]}

    assert regex("a", "lawyer", "handoff").says(talk) is None
    assert regex("a", "^assistant: Ask", "handoff", over="conversation").says(talk) == "handoff"
    with pytest.raises(UsageError, match="write user or conversation"):
        regex("a", "lawyer", "handoff", over="system")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="RE2 does not take"):
        regex("a", "(?=x)", "handoff")


# Queries


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH 'other.db' AS other", "PRAGMA user_version", "SELECT name FROM sqlite_master", "DELETE FROM facts",
        "SELECT load_extension('x')", "SELECT random()", "CREATE TABLE t (x)", "SELECT 1; SELECT 2", "", "SELECT 1, 2",
        "INSERT INTO facts VALUES ('a', 1)", "SELECT * FROM pragma_database_list", "nonsense", "VACUUM INTO 'x.db'",
        "SELECT value FROM fact",
    ],
)  # fmt: skip
def test_a_query_reads_its_tables_and_does_nothing_else(query: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="has a query that cannot be used"):
        sql("rule", query)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "asked",
    [
        "CURRENT_TIMESTAMP", "CURRENT_DATE", "current_time", "date('now')", "DATETIME(value, 'localtime')", "time()",
        "julianday('2026-03-04')", "strftime('%Y', 'now')", "unixepoch()", "random()", "hex(randomblob(4))",
    ],
)  # fmt: skip
def test_a_query_never_says_something_else_another_day(asked: str) -> None:
    with pytest.raises(
        UsageError, match=r"not authorized to use function: \w+\).* must not change with the day$"
    ):
        sql("rule", f"SELECT 'refund' FROM facts WHERE value < {asked}")  # noqa: S608 - nothing is run


def test_days_are_compared_as_the_texts_that_they_are() -> None:
    late = sql("rule", "SELECT 'deny' FROM facts WHERE name = 'bought' AND value < '2026-01-31'")

    assert [late.says(case({"bought": day})) for day in ("2026-01-30", "2026-02-01")] == ["deny", None]


def test_a_query_reads_facts_documents_and_turns() -> None:
    facts = {
        "order": {"amount": "29.00", "lines": [{"price": 20}, {"price": 9.5}], "gift": True, "paid": None}
    }
    given = case(
        facts, "two of three came", documents=[{"id": "policy", "text": "Returns within 30 days."}, "a note"]
    )
    answers = {
        "SELECT value + 1 FROM facts WHERE name = 'order.amount'": "30",
        "SELECT sum(value) FROM facts WHERE name LIKE 'order.lines.%.price'": "29.5",
        "SELECT value FROM facts WHERE name = 'order.gift'": "1",
        "SELECT value FROM facts WHERE name = 'order.paid'": None,
        "SELECT text FROM documents WHERE id = 'policy'": "Returns within 30 days.",
        "SELECT count(*) FROM documents": "2",
        "SELECT text FROM turns WHERE place = 0 AND role = 'user'": "two of three came",
        "SELECT 'deny' FROM facts WHERE name = 'order.refund'": None,
    }

    assert {query: sql("q", query).says(given) for query in answers} == answers


def test_hostile_facts_are_values_and_never_part_of_a_query() -> None:
    evil = "'); DROP TABLE facts; --"
    facts = {evil: evil, 'name" = "x': "1 OR 1=1", "order": {"id": "' OR '1'='1"}}
    given = case(facts, evil, documents=[{"id": evil, "text": evil}])

    assert sql("q", "SELECT count(*) FROM facts").says(given) == "3"
    assert sql("q", "SELECT text FROM documents").says(given) == evil
    assert (
        sql("q", "SELECT 'refund' FROM facts WHERE name = 'order.id' AND value = 'K-1'").says(given) is None
    )


def test_a_query_without_an_end_and_one_with_two_answers_fail() -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n, turns) SELECT count(*) FROM n"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        sql("endless", endless).says(case(None, "hi"))
    with pytest.raises(ValueError, match="more than one row"):
        sql("two", "SELECT text FROM turns").says(case(None, "hi", "still no parcel"))
    with pytest.raises(TypeError, match="bytes"):
        sql("bytes", "SELECT CAST(text AS BLOB) FROM turns").says(case(None, "hi"))


# Expressions


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("round(number(order.amount) / 5, 2)", "5.80"), ("19.99 * 3", "59.97"), ("0.1 + 0.2", "0.3"),
        ("order.lines[1].price - 1", "8.5"), ("-order['days late'] + 10", "4"), ("order.missing + 1", None),
        ("max(0, order.paid)", None), ("min(abs(-3), 2)", "2"), ("number(3)", "3"),
    ],
)  # fmt: skip
def test_a_calculation_over_facts_is_exact(expression: str, value: str | None) -> None:
    lines = [{"price": 20}, {"price": 9.5}]
    order = {"amount": "29.00", "lines": lines, "days late": 6, "paid": None}

    assert calculator("sum", expression).says(case({"order": order})) == value


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("order.gift", True), ("order.gift is True and not order.used", True), ("order.refund is None", True),
        ("order.refund != None", False), ("order.status in ('delivered', 'in_transit')", True),
        ("order.status not in ('delivered',)", False), ("1 < order.days <= 14", True), ("order.refund > 3", False),
        ("order.gift or order.refund > 3", True), ("order.id < 'L'", True), ("customer.type == 'business'", False),
    ],
)  # fmt: skip
def test_a_condition_on_facts_holds_or_says_nothing(expression: str, holds: bool) -> None:
    order = {"gift": True, "used": False, "status": "delivered", "days": 14, "refund": None, "id": "K-1"}

    assert constraint("rule", expression, "deny").says(case({"order": order})) == ("deny" if holds else None)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("order.amount > 20", "not of one kind"), ("order.amount == 29", "not of one kind"),
        ("order.amount + 1 > 2", "no number"), ("number(order.id) > 1", "no number"), ("order", "neither true nor false"),
        ("not order.days", "neither true nor false"), ("order.gift > order.gift", "no order"),
        ("'K' in order.id", "no list of values"), ("order.days / 0 > 1", "cannot be computed"),
        ("order.days", "neither true nor false"),
    ],
)  # fmt: skip
def test_a_comparison_that_means_nothing_fails_instead_of_being_false(expression: str, told: str) -> None:
    order = {"amount": "29.00", "id": "K-1", "days": 3, "gift": True}
    with pytest.raises((TypeError, ArithmeticError), match=told):
        constraint("rule", expression, "deny").says(case({"order": order}))


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('id')", "().__class__.__bases__[0]", "order.amount.__class__()", "[x for x in order]",
        "open('/etc/passwd')", "9 ** 9 ** 9", "'a' * 10 ** 9 % 2", "f'{order}'", "lambda: 1", "order[key]", "round(x, ndigits=2)",
        "(y := 1)", "(1 + 2).x == 3", "1 if order else 2", "order.days >> 1", "b'x'", "1j", "order.items()", "", "a b", "\x00", "{1: 2}", "order[1:2]",
    ],
)  # fmt: skip
def test_an_expression_is_never_python(expression: str) -> None:
    with pytest.raises(UsageError, match="check 'rule' has an expression"):
        constraint("rule", expression, "deny")


def test_hostile_facts_are_only_looked_up() -> None:
    facts = {
        "order": {"__class__": "deny", "amount": "9" * 100_000, "n": 10**3_000, "days": "__import__('os')"}
    }

    assert constraint("rule", "order.__class__ == 'deny'", "deny").says(case(facts)) == "deny"
    assert constraint("rule", "order.id.__class__ is None", "deny").says(case(facts)) == "deny"
    assert constraint("rule", "order.n * order.n > 1", "deny").says(case(facts)) == "deny"
    assert constraint("rule", "order.days == 'x'", "deny").says(case(facts)) is None
    with pytest.raises(TypeError, match="is no number"):
        calculator("sum", "number(order.amount)").says(case(facts))


@pytest.mark.parametrize(
    "context", [None, [], "Order 12 days ago.", {"facts": "text"}, {"facts": [1]}, {"documents": []}]
)
def test_a_context_of_another_shape_says_nothing(context: Any) -> None:
    given = {"case_id": "r1", "turns": [], "context": context}

    assert constraint("rule", "order.days > 3", "deny").says(given) is None
    assert calculator("sum", "order.days + 3").says(given) is None
    assert sql("q", "SELECT 'deny' FROM facts WHERE name = 'order.days'").says(given) is None
