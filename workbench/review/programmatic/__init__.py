r"""Labels that a check computes: the one ground truth that needs no person, recorded with the check's hash.

programmatic.constraint("rule 5c", "order.days_late > 3 and order.status == 'in_transit'", "refund")
programmatic.calculator("one fifth of the price", "round(number(order.amount) / 5, 2)")
programmatic.regex("a lawyer is named", r"(?i)\blawyer\b", "handoff")
programmatic.sql("rule 9b", "SELECT 'deny' FROM facts WHERE name = 'order.delivered_days_ago' AND value > 30")
programmatic.unit_test("rule 9e", in_another_size)      a Python function of yours
review.label(shop, check)                               the labels, all or none

Facts and texts of cases are hostile. They reach a query as bound values, an expression as values that are only
looked up, and a pattern that cannot backtrack. A unit test is your own code: nothing holds it back.
"""

from workbench.review.programmatic.check import Check, regex, unit_test
from workbench.review.programmatic.expressions import calculator, constraint
from workbench.review.programmatic.queries import sql
from workbench.review.programmatic.storing import Labelled, label

__all__ = ["Check", "Labelled", "calculator", "constraint", "label", "regex", "sql", "unit_test"]
