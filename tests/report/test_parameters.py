from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

import notebooks
from workbench.errors import SafetyError, UsageError
from workbench.report.parameters import declared, values

if TYPE_CHECKING:
    from pathlib import Path

CELL = """evalset: str = "launch"  # the frozen set
trials: int = 1
margin_pp: float = 3.0
strict: bool = True
slices: list[str] = []
weights: dict = {}"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return notebooks.write(tmp_path / "07_swap.ipynb", "evalset", parameters=CELL)


def test_a_notebook_says_what_it_takes(notebook: Path) -> None:
    found = declared(notebook)

    assert {name: parameter.type for name, parameter in found.items()} == {
        "evalset": "str", "trials": "int", "margin_pp": "float", "strict": "bool", "slices": "list", "weights": "dict",
    }  # fmt: skip
    assert (found["evalset"].default, found["evalset"].help) == ("launch", "the frozen set")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("evalset", "false", "false"),
        ("evalset", "007", "007"),
        ("trials", "5", 5),
        ("trials", "-1", -1),
        ("margin_pp", "2", 2.0),
        ("margin_pp", "1e-3", 0.001),
        ("strict", "false", False),
        ("strict", "true", True),
        ("slices", '["delay", "damaged"]', ["delay", "damaged"]),
        ("weights", '{"real": 0.5}', {"real": 0.5}),
    ],
)
def test_a_text_of_the_command_line_is_read_by_the_declared_type(
    notebook: Path, name: str, text: str, value: Any
) -> None:
    """Papermill would make 7 of 007, and of `false` a text that counts as true."""
    found = values(notebook, {name: text})[name]

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("trials", "2.5", "a whole number"),
        ("trials", True, "a whole number"),
        ("trials", "1_000", "a whole number"),
        ("margin_pp", "nan", "a finite number"),
        ("margin_pp", "Infinity", "a finite number"),
        ("margin_pp", math.inf, "a finite number"),
        ("margin_pp", "1e999", "a finite number"),
        ("margin_pp", False, "a finite number"),
        ("strict", "yes", "true or false"),
        ("strict", "False", "true or false"),
        ("strict", 1, "true or false"),
        ("slices", "delay", "a JSON list"),
        ("slices", "[NaN]", "a JSON list"),
        ("slices", [("delay",)], "a JSON list"),
        ("weights", "[]", "a JSON object"),
        ("weights", {1: 2}, "a JSON object"),
        ("evalset", 7, "a text"),
        ("evalset", None, "a text"),
        ("evalset", "a\0b", "a text"),
        ("evalset", "\ud800", "a text"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_wanted(
    notebook: Path, name: str, value: Any, wanted: str
) -> None:
    with pytest.raises(
        UsageError, match=rf"^07_swap\.ipynb: parameter {name} is .* and has to be {wanted}; "
    ):
        values(notebook, {name: value})


def test_an_unknown_name_is_refused_with_the_one_that_was_meant(notebook: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^07_swap.ipynb has no parameter evalsett; did you mean evalset\?$"
    ):
        values(notebook, {"evalsett": "launch"})


def test_a_name_like_no_other_is_refused_with_those_that_there_are(notebook: Path) -> None:
    with pytest.raises(UsageError, match=r"it has evalset, trials, margin_pp, strict, slices, weights$"):
        values(notebook, {"zzz": "1"})


HOSTILE_NAMES = [
    "x=1;print('INJECTED')#", "evalset\nimport os", "evalset=1", "a.b", "a b", "a-b", "1a", "A", "", " ", "__import__('os')",
    "evalset;import os", "evalset:str", "evalset,b", "(a)", "[a]", "{a}", "a\t", "a\n", "évalset", "a#", "*a", "@a", "a\\", "lambda:0",
    "exec('1')", "evalset if 1 else 0", "\u202eevalset", "a\0", "evalset\r\nx=1",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_code_is_refused(notebook: Path, name: str) -> None:
    """Papermill writes a name into a cell as it is, and runs it."""
    with pytest.raises(SafetyError, match="is not a parameter's name"):
        values(notebook, {name: "1"})


@pytest.mark.parametrize(
    "name", ["api_key", "token", "client_secret", "password", "aws_credentials", "bearer"]
)
def test_a_name_of_a_secret_is_refused(notebook: Path, name: str) -> None:
    with pytest.raises(
        SafetyError, match="looks like a key or password, which would be stored in the notebook"
    ):
        values(notebook, {name: "1"})


@pytest.mark.parametrize(
    "value",
    [
        "sk-ant-api03-" + "Ab1" * 30,
        "sk-proj-" + "Zz9" * 16,
        "ghp_" + "a1B2" * 9,
        "AKIA" + "ABCDEFGH12345678",
        ["sk-ant-api03-" + "Ab1" * 30],
    ],
    ids=["anthropic", "openai", "github", "aws", "in a list"],
)
def test_a_value_that_looks_like_a_key_is_refused_and_not_repeated(notebook: Path, value: Any) -> None:
    with pytest.raises(SafetyError, match="set it in the environment instead") as refused:
        values(notebook, {"evalset": value})

    assert "Ab1Ab1" not in str(refused.value)


def test_a_parameter_without_annotation_is_refused(tmp_path: Path) -> None:
    path = notebooks.write(tmp_path / "n.ipynb", "a", parameters="a = 1")

    with pytest.raises(UsageError, match="parameter a is not annotated"):
        values(path, {"a": "1"})


def test_a_computed_default_is_refused(tmp_path: Path) -> None:
    """It would keep its old value when another parameter changes."""
    path = notebooks.write(tmp_path / "n.ipynb", "a", parameters='a: str = "b"\nc: str = f"reports/{a}"')

    with pytest.raises(UsageError, match="only a literal survives a run with another value"):
        values(path, {"a": "x"})
