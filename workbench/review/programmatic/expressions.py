"""Checks that are one expression over the facts of a case: a number, or whether a condition holds.

The expression is read by Python's `ast` and never run as Python: constants, names of facts, arithmetic,
comparisons, `and`, `or`, `not`, and a few functions. Numbers are decimals of 28 digits, so that 19.99 * 3
is 59.97, and none is too large to be computed.
"""

from __future__ import annotations

import ast
import operator
import re
from decimal import Decimal, DecimalException, localcontext
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.errors import UsageError, shown
from workbench.review.programmatic.check import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")

_ARITHMETIC: Mapping[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
_ORDER: Mapping[type, Callable[..., bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_PATH = (ast.Name, ast.Attribute, ast.Subscript)
_EQUAL = {ast.Eq: True, ast.Is: True, ast.In: True, ast.NotEq: False, ast.IsNot: False, ast.NotIn: False}


Kind = TypeVar("Kind")


class _SilentError(Exception):
    """A fact that the expression needs is missing or null."""


def calculator(name: str, expression: str) -> Check:
    """Return a check that expects the number which an expression over the facts comes to.

    See `constraint` for what an expression can say.

    Args:
        name: The author of its labels.
        expression: Such as `round(number(order.amount) / 5, 2)`.

    Raises:
        UsageError: The expression says something that it cannot.

    Example:
        >>> fifth = calculator("one fifth of the price", "round(number(order.amount) / 5, 2)")
        >>> fifth.says({"context": {"facts": {"order": {"amount": "29.00"}}}})
        '5.80'
    """
    tree = _parsed(name, expression)

    def says(case: Mapping[str, Any]) -> str | None:
        found = _result(tree, case)
        if found is None:
            return None
        return format(_decimal(found), "f")

    return Check(name, "calculator", expression, says)


def constraint(name: str, expression: str, expected: str) -> Check:
    """Return a check that expects a value where a condition on the facts holds, and else says nothing.

    Facts are named by their path: `order.days_late`, `order["days-late"]`, `order.lines[0].price`. A fact
    that is missing or null is None: it equals None and nothing else, and an expression that orders it
    or calculates with it says nothing. A text is no number: `number(order.amount)` reads one. Further functions
    are `round`, `abs`, `min` and `max`.

    Args:
        name: The author of its labels.
        expression: The condition.
        expected: The expected value of a case that meets it.

    Raises:
        UsageError: The expression says something that it cannot.

    Example:
        >>> late = constraint("rule 5c", "order.status == 'in_transit' and order.days_late > 3", "refund")
        >>> [late.says({"context": {"facts": {"order": {"status": "in_transit", "days_late": days}}}})
        ...  for days in (4, 3, None)]
        ['refund', None, None]
    """
    tree = _parsed(name, expression)

    def says(case: Mapping[str, Any]) -> str | None:
        found = _result(tree, case)
        if not isinstance(found, bool | None):
            raise TypeError(f"the condition is neither true nor false but {shown(found)}")
        return expected if found else None

    return Check(name, "constraint", expression, says, {"expected": expected})


def _parsed(name: str, expression: str) -> ast.expr:
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(
            f"check {shown(name)} has an expression that cannot be read ({error}); correct it"
        ) from None
    for node in ast.walk(tree):
        if not _readable(node):
            raise UsageError(
                f"check {shown(name)} has an expression with {shown(ast.unparse(node))}, which is no arithmetic or "
                f"condition over facts; its functions are {', '.join(_FUNCTIONS)}"
            )
    return tree


def _readable(node: ast.AST) -> bool:
    match node:
        case ast.Constant():
            return isinstance(node.value, str | int | float | None)
        case ast.Call():
            return isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords
        case ast.Attribute():
            return isinstance(node.value, _PATH)
        case ast.Subscript():
            place = node.slice.value if isinstance(node.slice, ast.Constant) else None
            return isinstance(node.value, _PATH) and isinstance(place, str | int)
    return isinstance(node, _READ)


def _result(tree: ast.expr, case: Mapping[str, Any]) -> Any:
    """Return what an expression comes to, None where a fact that it needs is missing."""
    facts = case["context"].get("facts") if isinstance(case["context"], dict) else None
    with localcontext(prec=28):
        try:
            return _value(tree, facts)
        except _SilentError:
            return None
        except DecimalException as error:
            raise ArithmeticError(f"the expression cannot be computed ({type(error).__name__})") from None


def _value(node: ast.expr, facts: Any) -> Any:
    return _NODES[type(node)](node, facts)


def _fact(node: ast.expr, facts: Any) -> Any:
    """Return a fact by its path, None where it is missing; what the facts hold is only ever looked up."""
    key: Any
    match node:
        case ast.Name():
            within, key = facts, node.id
        case ast.Attribute():
            within, key = _fact(node.value, facts), node.attr
        case ast.Subscript(slice=ast.Constant(value=key)):
            within = _fact(node.value, facts)
        case _:
            raise AssertionError  # _readable lets no other through
    if isinstance(within, dict):
        return within.get(key)
    if isinstance(within, list) and isinstance(key, int) and 0 <= key < len(within):
        return within[key]
    return None


def _leaf(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _joined(node: ast.BoolOp, facts: Any) -> bool:
    values = (_flag(_value(part, facts)) for part in node.values)
    return all(values) if isinstance(node.op, ast.And) else any(values)


def _signed(node: ast.UnaryOp, facts: Any) -> Any:
    value = _value(node.operand, facts)
    return not _flag(value) if isinstance(node.op, ast.Not) else _ARITHMETIC[type(node.op)](_decimal(value))


def _calculated(node: ast.BinOp, facts: Any) -> Decimal:
    left, right = (_decimal(_value(side, facts)) for side in (node.left, node.right))
    return Decimal(_ARITHMETIC[type(node.op)](left, right))


def _compared(node: ast.Compare, facts: Any) -> bool:
    sides = [_value(side, facts) for side in (node.left, *node.comparators)]
    return all(
        _holds(left, type(sign), right) for left, sign, right in zip(sides, node.ops, sides[1:], strict=False)
    )


def _holds(left: Any, sign: type, right: Any) -> bool:
    if sign in _EQUAL:
        among = sign in {ast.In, ast.NotIn}
        if among and not isinstance(right, tuple):
            raise TypeError(
                f"{shown(right)} is no list of values; `in` takes one such as ('digital', 'clearance')"
            )
        return any(_same(left, one) for one in (right if among else [right])) is _EQUAL[sign]
    if left is None or right is None:
        raise _SilentError
    _same(left, right)
    if not isinstance(left, str | Decimal):
        raise TypeError(f"{shown(left)} and {shown(right)} have no order")
    return _ORDER[sign](left, right)


def _same(left: Any, right: Any) -> bool:
    if left is not None and right is not None and type(left) is not type(right):
        raise TypeError(
            f"{shown(left)} and {shown(right)} are not of one kind; number(...) reads a text as a number"
        )
    return bool(left == right)


def _of(value: Any, kind: type[Kind], fault: str) -> Kind:
    """Return a value of a kind; what is missing says nothing, and what is of another kind is at fault."""
    if value is None:
        raise _SilentError
    if not isinstance(value, kind):
        raise TypeError(f"{shown(value)} {fault}")
    return value


def _flag(value: Any) -> bool:
    return _of(value, bool, "is neither true nor false; compare it with something")


def _decimal(value: Any) -> Decimal:
    return _of(value, Decimal, "is no number; number(...) reads a text as one")


def _number(value: Any) -> Decimal:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return _decimal(value)


def _rounded(value: Any, places: Any = Decimal(0)) -> Decimal:
    return round(_decimal(value), int(_decimal(places)))


_FUNCTIONS: Mapping[str, Callable[..., Decimal]] = {
    "number": _number,
    "round": _rounded,
    "abs": lambda value: abs(_decimal(value)),
    "min": lambda *values: min(map(_decimal, values)),
    "max": lambda *values: max(map(_decimal, values)),
}

_NODES: Mapping[type, Callable[..., Any]] = {
    ast.Constant: lambda node, _: _leaf(node.value),
    **dict.fromkeys(_PATH, lambda node, facts: _leaf(_fact(node, facts))),
    ast.Tuple: lambda node, facts: tuple(_value(part, facts) for part in node.elts),
    ast.BoolOp: _joined,
    ast.UnaryOp: _signed,
    ast.BinOp: _calculated,
    ast.Compare: _compared,
    ast.Call: lambda node, facts: _FUNCTIONS[node.func.id](*(_value(part, facts) for part in node.args)),
}
_READ = (*_NODES, *_ARITHMETIC, *_ORDER, *_EQUAL, ast.And, ast.Or, ast.Not, ast.Load)
