"""Said of a relative: verbs, pronouns and possessives agree, or it is refused."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.generate.operators import subject
from workbench.generate.operators.agreement import PAST, PRESENT, agreed
from workbench.generate.operators.relatives import SUBJECTS, Subject
from workbench.generate.operators.subject import subject_swap

MOTHER = next(who for who in SUBJECTS if who.name == "my mother")
PARENTS = next(who for who in SUBJECTS if who.plural)


def swapped(monkeypatch: pytest.MonkeyPatch, who: Subject, *texts: str) -> list[str]:
    monkeypatch.setattr(subject, "SUBJECTS", (who,))
    done = subject_swap([{"role": "user", "text": text} for text in texts], np.random.default_rng(0))
    assert not done.keeps_label or not done.changed
    return [turn["text"] for turn in done.turns]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("I want my money", "My mother wants her money"),
        ("i want my money", "my mother wants her money"),
        ("I WANT MY MONEY", "MY MOTHER WANTS HER MONEY"),
        ("I'm waiting and I haven't got my lamp", "My mother is waiting and she hasn't got her lamp"),
        ("Where's my money? I've asked twice.", "Where's my mother's money? She has asked twice."),
        ("do i need to send it back myself", "does my mother need to send it back herself"),
        ("I ordered one and still want mine.", "My mother ordered one and still wants hers."),
        ("Send me what I paid for", "Send my mother what she paid for"),
        ("I'd like a refund, I'd paid in full", "My mother would like a refund, she had paid in full"),
        ("I can't find it, can I return mine?", "My mother can't find it, can she return hers?"),
        ("I was charged but I don't own a cat", "My mother was charged but she doesn't own a cat"),
        ("I think I just try again", "I think my mother just tries again"),
        ("I don't think I got it", "I don't think my mother got it"),
        ("I am sure I never opened it", "I am sure my mother never opened it"),
        ("please let me know when my lamp ships", "please let me know when my mother's lamp ships"),
        ("im fed up, ive paid for it", "my mother is fed up, she has paid for it"),
        ("the lamp I’ve bought isn’t mine", "the lamp my mother has bought isn’t hers"),
    ],
)  # fmt: skip
def test_one_relative_agrees(text: str, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert swapped(monkeypatch, MOTHER, text) == [made]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("I want my money", "My parents want their money"),
        ("I was told I'm late", "My parents were told they are late"),
        (
            "Where is my lamp? I need it, it is mine.",
            "Where is my parents' lamp? They need it, it is theirs.",
        ),
        ("Am I late?", "Are my parents late?"),
    ],
)
def test_two_relatives_agree(text: str, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert swapped(monkeypatch, PARENTS, text) == [made]


def test_the_relative_is_named_once_in_a_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    assert swapped(monkeypatch, MOTHER, "I paid for it", "I want my money") == [
        "My mother paid for it",
        "She wants her money",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("we want our money", "'we'"),
        ("I paid for my wife's lamp", "relative"),
        ("id like my money", "another"),
        ('she said "I am late" and I paid', "quotation"),
        ("I gork my lamp", "no rule for the verb 'gork'"),
        ("I, as a customer, want my money", "no rule for the verb"),
        ("want my money", "opens a clause without its subject"),
        ("still waiting for my lamp", "opens a clause without its subject"),
        ("I can pay and want my money", "it is open whose verb 'want' is"),
        ("I ordered a lamp and return label", "it is open whose verb 'return' is"),
        ("no me queda", "no rule for"),
        ("I changed my mind", "no rule for 'changed my mind'"),
        ("where is order 4481", "no word of the first person"),
    ],
)
def test_what_no_rule_covers_is_refused_with_the_reason(text: str, reason: str) -> None:
    done = subject_swap([{"role": "user", "text": text}], np.random.default_rng(0))

    assert not done.changed
    assert reason in done.reason


def test_nobody_is_called_by_a_pronoun_that_is_taken() -> None:
    text = "she took it and they saw her. I want my money"
    names = {
        subject_swap([{"role": "user", "text": text}], np.random.default_rng(seed)).turns[0]["text"]
        for seed in range(40)
    }

    assert names == {
        f"she took it and they saw her. My {who} wants his money"
        for who in ("father", "brother", "grandfather")
    }


def test_a_verb_of_the_past_is_none_of_the_present() -> None:
    assert PAST.isdisjoint(PRESENT)


@pytest.mark.parametrize(
    ("verb", "one", "many"),
    [
        ("want", "wants", "want"), ("try", "tries", "try"), ("pay", "pays", "pay"), ("wish", None, None), ("miss", "misses", "miss"),
        ("go", "goes", "go"), ("have", "has", "have"), ("Do", "Does", "Do"), ("am", "is", "are"), ("wasn't", "wasn't", "weren't"),
        ("could", "could", "could"), ("ordered", "ordered", "ordered"), ("put", None, None), ("watch", "watches", "watch"),
    ],
)  # fmt: skip
def test_verbs_agree_or_are_not_known(verb: str, one: str | None, many: str | None) -> None:
    assert (agreed(verb, plural=False), agreed(verb, plural=True)) == (one, many)
