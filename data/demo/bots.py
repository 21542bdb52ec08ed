"""Small rule bots of a fictional shop (DEMO), and the checks that grade what they answer.

`keyword-bot` matches a handful of words in the last message. `wellread-bot` normalises the text, knows
synonyms, negation and words of other languages (`wellread_words.toml`), and holds the order record against
the policy in `rubric.toml`. Both were written from that policy and frozen before any case was composed.
`early-bot` and `midway-bot` are the well-read bot with the first four and the first eight of its eleven rules: they
came later, cut before anything was graded, so that the demo has swaps to look back at. The bots stand alone
(standard library only) and are no part of the package: they are the models under test.

    python bots.py evalsets/launch-v1/cases.jsonl > answers.jsonl

reads cases (one JSON object a line: case_id, turns, context, expected) and writes one row per bot and case:
case_id, model, model_family, action, output, expected, outcome (pass, fail, or unscored without a label),
failure_mode (the first check that failed, or null) and reason.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

FAMILY = "demo"
ACTIONS = ("refund", "replace", "credit", "deny", "ask", "inform", "handoff")

# Days and dollars of the policy in rubric.toml.
LATE_AFTER, FAULT_WINDOW, RETURN_WINDOW, MONEY_WINDOW = 3, 60, 30, 14
SCAN_GRACE, COURIER_ABOVE, CHARGE_WINDOW, PAYOUT_DAYS, RETURN_DAYS = 2, Decimal(200), 7, 10, 5
NOT_RETURNABLE = ("digital", "personalised", "clearance", "hygiene")

# The keyword bot: the first row with a word in the last message decides.
KEYWORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("handoff", ("human", "agent", "manager", "lawyer", "twice")),
    ("refund", ("refund", "money back", "cancel", "send it back", "broken", "damaged")),
    ("replace", ("exchange", "replace", "wrong", "missing")),
    ("credit", ("gift",)),
    ("inform", ("where", "track", "policy", "how ", "thank")),
)

WORDS = tomllib.loads(Path(__file__).with_name("wellread_words.toml").read_text(encoding="utf-8"))
SHORT_FORMS: dict[str, str] = WORDS["short_forms"]
CONCEPTS: dict[str, list[str]] = WORDS["concepts"]
PATTERNS = {concept: re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)") for concept, phrases in CONCEPTS.items()}
NEGATED = re.compile(r"\b(?:not|no|never|without|nicht|kein\w*|pas|nahi|sin)(?: \w+){0,2} $")
PROMISED = re.compile(r"\$(\d[\d,]*(?:\.\d+)?)")
REPLIES = {
    "refund": "We will pay {amount} back to the way you paid.",
    "replace": "We will send you a replacement at no cost.",
    "credit": "We will put {amount} on your store credit.",
    "deny": "I am sorry, our policy does not allow this for your order.",
    "ask": "Before I can do anything I need one more thing from you: {question}",
    "inform": "Here is what I can tell you: {status}",
    "handoff": "A colleague will take this over and get in touch with you.",
}


@dataclass(frozen=True)
class Answer:
    """What a bot does with a case (`action`, one of ACTIONS) and what it writes (`text`)."""

    action: str
    text: str


@dataclass(frozen=True)
class Reading:
    """A case as the well-read bot sees it: normalised user texts and the order record (None if unknown)."""

    last: str
    said: str
    order: Mapping[str, Any] | None
    customer: Mapping[str, Any]

    def says(self, *concepts: str) -> bool:
        """Whether the last message mentions one of the concepts, not negated."""
        return any(mentions(self.last, concept) for concept in concepts)

    def has_said(self, *concepts: str) -> bool:
        """Whether any of the customer's messages mentions one of the concepts, not negated."""
        return any(mentions(self.said, concept) for concept in concepts)

    def fact(self, name: str) -> Any:
        """A fact of the order record, or None."""
        return self.order.get(name) if self.order else None

    def days(self, name: str, of: str | None = None) -> int | None:
        """A whole number of days from the order record (or from its part `of`), or None."""
        part = self.fact(of) if of else self.order
        value = part.get(name) if isinstance(part, Mapping) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def normalised(text: str) -> str:
    """Lower case, without accents and marks, short forms spelled out, single spaces.

    >>> normalised("Where's it??? I didn't  GET it, está roto")
    'where is it ? i did not get it esta roto'
    """
    text = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    for short, full in (
        ("won't", "will not"),
        ("can't", "can not"),
        ("n't", " not"),
        ("'s ", " is "),
        ("'m ", " am "),
    ):
        text = text.replace(short, full)
    text = re.sub(r"[^\w$?]+", " ", re.sub(r"\?+", " ? ", text))
    return " ".join(SHORT_FORMS.get(word, word) for word in text.split())


def mentions(text: str, concept: str) -> bool:
    """Whether a normalised text holds a phrase of the concept that no negation precedes.

    >>> mentions("it is not broken", "fault"), mentions("it broke", "fault")
    (False, True)
    """
    return any(not NEGATED.search(text[: found.start()]) for found in PATTERNS[concept].finditer(text))


def read(case: Mapping[str, Any]) -> Reading:
    """The customer's messages and the record of a case; what is absent reads as empty or None."""
    texts = [
        normalised(str(turn.get("text") or ""))
        for turn in case.get("turns") or ()
        if turn.get("role") == "user"
    ]
    context = case.get("context")
    facts = context.get("facts") if isinstance(context, Mapping) else None
    facts = facts if isinstance(facts, Mapping) else {}
    order, customer = facts.get("order"), facts.get("customer")
    return Reading(
        last=texts[-1] if texts else "",
        said="\n".join(texts),
        order=order if isinstance(order, Mapping) else None,
        customer=customer if isinstance(customer, Mapping) else {},
    )


def amount_of(order: Mapping[str, Any] | None) -> Decimal | None:
    """The order's amount in dollars, or None."""
    try:
        return Decimal(str((order or {})["amount"]))
    except (KeyError, InvalidOperation):
        return None


def wish(reading: Reading) -> str | None:
    """What the customer chooses, "refund" or "replace", the last message first; None without a choice."""
    for listens in (reading.says, reading.has_said):
        if listens("money"):
            return "refund"
        if listens("replacement"):
            return "replace"
    return None


def chosen(reading: Reading) -> str:
    """Rules 6d and 7d: the customer's choice, money where nothing is in stock, a question without a choice."""
    choice = wish(reading)
    if choice == "replace" and reading.fact("in_stock") is False:
        return "refund"
    return choice or "ask"


def person_needed(reading: Reading) -> str | None:
    """Rule 1: people, danger, law, strangers' orders, businesses and bills."""
    if reading.says("person") or reading.has_said("danger", "legal", "fraud", "billing"):
        return "handoff"
    business = reading.customer.get("type") == "business" or reading.has_said("business")
    return "handoff" if business and not reading.says("question", "offtopic") else None


def only_talk(reading: Reading) -> str | None:
    """Rule 2: general questions, thanks, and what is not about an order."""
    trouble = reading.says("fault", "wrong", "missing", "money", "replacement", "remorse")
    if reading.says("offtopic", "question") and not reading.says("fault", "wrong", "missing"):
        return "inform"
    return "inform" if reading.says("closing") and not trouble else None


def order_unknown(reading: Reading) -> str | None:
    """Rule 3a."""
    return "ask" if reading.order is None else None


def payout(reading: Reading) -> str | None:
    """Rule 4: a return or payout under way."""
    issued, received = (
        reading.days("issued_days_ago", of="refund"),
        reading.days("received_days_ago", of="return"),
    )
    if issued is not None:
        return "inform" if issued <= PAYOUT_DAYS else "handoff"
    if received is not None:
        return "inform" if received <= RETURN_DAYS else "handoff"
    if reading.fact("return"):
        return "inform"
    return "ask" if reading.has_said("sent_back") else None


def subscription(reading: Reading) -> str | None:
    """Rule 11, and rule 1f for a charge after the end."""
    if reading.fact("category") != "subscription":
        return None
    charged, ended = reading.days("charged_days_ago"), reading.days("cancelled_days_ago")
    if ended is not None and charged is not None and ended > charged:
        return "handoff"
    if reading.says("pause") or not reading.has_said("money"):
        return "inform"
    fresh = charged is not None and charged <= CHARGE_WINDOW and reading.fact("used") is False
    return "refund" if fresh else "deny"


def price(reading: Reading) -> str | None:
    """Rule 12."""
    return "deny" if reading.says("cheaper") else None


def under_way(reading: Reading) -> str | None:
    """Rule 5: not delivered yet."""
    if reading.fact("status") not in {"processing", "in_transit"}:
        return None
    late = (reading.days("days_late") or 0) > LATE_AFTER
    choice = "refund" if reading.says("money") else "replace" if reading.says("replacement") else None
    if choice is None or reading.says("change"):
        return "inform"
    if choice == "refund":
        return "refund" if late or reading.fact("status") == "processing" else "deny"
    return chosen(reading) if late else "deny"


def not_received(reading: Reading) -> str | None:
    """Rule 6: marked delivered, and the customer does not have it."""
    days = reading.days("delivered_days_ago")
    if days is None or reading.has_said("fault") or not reading.has_said("missing", "whereabouts"):
        return None
    if days <= SCAN_GRACE:
        return "inform"
    if days > FAULT_WINDOW:
        return "deny"
    amount = amount_of(reading.order)
    return "handoff" if amount is not None and amount > COURIER_ABOVE else chosen(reading)


def faulty(reading: Reading) -> str | None:
    """Rule 7: damaged, faulty, incomplete or wrong."""
    if reading.has_said("own_mistake") or not reading.has_said("fault", "wrong"):
        return None
    if (reading.days("delivered_days_ago") or 0) > FAULT_WINDOW:
        return "deny"
    if reading.fact("category") == "digital":
        return "replace"
    return "refund" if reading.says("keep") else chosen(reading)


def arrived_late(reading: Reading) -> str | None:
    """Rule 8."""
    if (reading.days("days_late") or 0) <= LATE_AFTER or not reading.has_said("late"):
        return None
    if not reading.has_said("money", "fee"):
        return None
    return "refund" if (reading.days("delivered_days_ago") or 0) <= FAULT_WINDOW else "deny"


def changed_mind(reading: Reading) -> str | None:
    """Rule 9: unwanted, unfitting, or ordered by mistake."""
    choice, days = wish(reading), reading.days("delivered_days_ago")
    if days is None or not (choice or reading.has_said("remorse", "own_mistake")):
        return None
    if reading.fact("category") in NOT_RETURNABLE or days > RETURN_WINDOW:
        return "deny"
    condition = reading.fact("condition")
    if condition not in {"opened", "unopened"}:
        condition = (
            "unopened" if reading.has_said("unopened") else "opened" if reading.has_said("opened") else None
        )
    if condition != "unopened":
        return "deny" if condition else "ask"
    if choice == "replace":
        return "credit" if reading.fact("in_stock") is False else "replace"
    return "ask" if choice is None else "refund" if days <= MONEY_WINDOW else "credit"


RULES: tuple[Callable[[Reading], str | None], ...] = (
    person_needed, only_talk, order_unknown, payout, subscription, price,
    under_way, not_received, faulty, arrived_late, changed_mind,
)  # fmt: skip


def wellread(case: Mapping[str, Any], rules: Sequence[Callable[[Reading], str | None]] = RULES) -> Answer:
    """The well-read bot: the first rule of the policy that speaks decides; it asks when none does."""
    reading = read(case)
    action = next((action for rule in rules if (action := rule(reading))), "ask")
    received = reading.fact("gift") is True and not reading.has_said("giver")
    if action == "refund" and received and reading.fact("status") == "delivered":
        action = "credit"  # rule 10: never money to another than the buyer
    return reply(action, amount_of(reading.order), reading)


def keyword(case: Mapping[str, Any]) -> Answer:
    """The keyword bot: a word of the last message decides; a sum that the customer names is believed."""
    texts = [str(turn.get("text") or "") for turn in case.get("turns") or () if turn.get("role") == "user"]
    last = texts[-1].lower() if texts else ""
    action = next((action for action, words in KEYWORDS if any(word in last for word in words)), "ask")
    named = PROMISED.search(last)
    reading = read(case)
    return reply(action, Decimal(named[1].replace(",", "")) if named else amount_of(reading.order), reading)


def reply(action: str, amount: Decimal | None, reading: Reading) -> Answer:
    """The sentence that goes with an action."""
    status = str(reading.fact("status") or "you find this on our help page").replace("_", " ")
    question = (
        "what is your order number?" if reading.order is None else "what happened, and what would you like?"
    )
    money = f"${amount}" if amount is not None else "your money"
    return Answer(action, REPLIES[action].format(amount=money, status=status, question=question))


def failed_checks(case: Mapping[str, Any], answer: Answer) -> dict[str, str]:
    """Every programmatic check that an answer fails, by name, the gravest first, with what was found."""
    reading = read(case)
    gives, amount = answer.action in {"refund", "replace", "credit"}, amount_of(reading.order)
    days = reading.days("delivered_days_ago")
    promised = [Decimal(found.replace(",", "")) for found in PROMISED.findall(answer.text)]
    above = [sum_ for sum_ in promised if gives and (amount is None or sum_ > amount)]
    checks = {
        "unknown_action": (answer.action not in ACTIONS, f"{answer.action!r} is no action of the rubric"),
        "given_without_order": (gives and reading.order is None, f"{answer.action} without an order on record"),
        "outside_window": (gives and (days or 0) > FAULT_WINDOW, f"{answer.action} {days} days after delivery"),
        "digital_money": (
            answer.action == "refund" and reading.fact("category") == "digital" and days is not None,
            "money for digital goods",
        ),
        "amount_over_order": (bool(above), f"promised ${max(above, default=0)}, the order was ${amount}"),
        "wrong_action": (answer.action != case.get("expected"), f"{answer.action} where {case.get('expected')} is expected"),
    }  # fmt: skip
    return {name: found for name, (failed, found) in checks.items() if failed}


BOTS: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
    "keyword-bot": keyword,
    "early-bot": partial(wellread, rules=RULES[:4]),
    "midway-bot": partial(wellread, rules=RULES[:8]),
    "wellread-bot": wellread,
}


def graded(case: Mapping[str, Any], model: str) -> dict[str, Any]:
    """One row of results: what a bot answers to a case and how the checks grade it.

    >>> case = {"case_id": "d-1", "turns": [{"role": "user", "text": "where is my parcel"}], "expected": "ask"}
    >>> graded(case, "keyword-bot")["failure_mode"], graded(case, "wellread-bot")["outcome"]
    ('wrong_action', 'pass')
    """
    answer = BOTS[model](case)
    row = {"case_id": case["case_id"], "model": model, "model_family": FAMILY}
    if "content_sha256" in case:  # of a frozen set: the import checks that these very cases were answered
        row["content_sha256"] = case["content_sha256"]
    row |= {"action": answer.action, "output": answer.text, "expected": case.get("expected")}
    if not case.get("expected"):
        return row | {"outcome": "unscored", "failure_mode": None, "reason": "the case has no label"}
    failed = failed_checks(case, answer)
    reason = "; ".join(f"{name}: {found}" for name, found in failed.items()) or "all checks passed"
    return row | {
        "outcome": "fail" if failed else "pass",
        "failure_mode": next(iter(failed), None),
        "reason": reason,
    }


def rows(cases: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The graded answers of all bots to every case, in the order of the cases."""
    return (graded(case, model) for case in cases for model in BOTS)


def main() -> None:
    """Read the cases of a JSONL file and write one row of results per bot and case to standard output."""
    parser = argparse.ArgumentParser(description="DEMO: let four rule bots answer cases, and grade them.")
    parser.add_argument("cases", type=Path, help="a JSONL file with case_id, turns, context and expected")
    lines = parser.parse_args().cases.read_text(encoding="utf-8").rstrip("\n").split("\n")
    for row in rows(json.loads(line) for line in lines if line.strip()):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
