"""The three settings files of a workspace, and what may stand in them."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from workbench.errors import UsageError, listed, shown
from workbench.provenance import BETWEEN, family
from workbench.settings.mistakes import NO_KEYS, mistakes, read
from workbench.settings.secrets import is_secret

__all__ = ["Lexicon", "Rubric", "Settings", "read"]

MOST_MARGIN_PP = 5.0
"""The widest margin that an owner may predeclare. Source: the verdict's rule, 3 points by default and up to 5."""


def _above(low: float, why: str) -> AfterValidator:
    def check(value: float) -> float:
        if value <= low:
            raise ValueError(f"is not above {low:g}; {why}")
        return value

    return AfterValidator(check)


def _at_least(low: float, why: str) -> AfterValidator:
    def check(value: float) -> float:
        if value < low:
            raise ValueError(f"is below {low:g}; {why}")
        return value

    return AfterValidator(check)


def _at_most(high: float, why: str) -> AfterValidator:
    def check(value: float) -> float:
        if value > high:
            raise ValueError(f"is above {high:g}; {why}")
        return value

    return AfterValidator(check)


def _distinct(values: list[str]) -> list[str]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"names {listed([shown(value) for value in twice])} twice; keep one")
    return values


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write a text, or leave the line out")
    return value


def _sums_to_one(shares: dict[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    # Written decimals such as 0.333 need not be exact thirds.
    if shares and abs(total - 1) > 0.005:
        raise ValueError(f"adds up to {total:g}; shares add up to 1")
    return shares


def _is_family(text: str) -> str:
    try:
        return str(family(text))
    except UsageError:
        raise ValueError(
            "is not vendor/line (such as anthropic/opus), unknown, human, programmatic or demo"
        ) from None


def _without_secret(url: str) -> str:
    if is_secret(url):
        raise ValueError(f"holds a password or key; {NO_KEYS}, put it into the environment")
    return url


Text = Annotated[str, AfterValidator(_not_blank)]
Texts = Annotated[list[Text], AfterValidator(_distinct)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.+-]{1,64}$",
        description="1 to 64 of letters, digits and _ . + - because it becomes part of tags",
    ),
]
Names = Annotated[list[Name], AfterValidator(_distinct)]
Share = Annotated[
    float,
    _at_least(0, "a share lies between 0 and 1"),
    _at_most(1, "a share lies between 0 and 1, so write 0.7 for 70 %"),
]
PlantedShare = Annotated[
    float,
    _at_least(0, "a share lies between 0 and 1"),
    _at_most(0.2, "more than one in five planted leaves too little of the afternoon for the candidates"),
]
Dollars = Annotated[float, _at_least(0, "a cost in dollars is not negative")]
Bucket = Literal["seed", "golden", "prompted", "persona", "mutation", "redteam"]


class Part(BaseModel):
    """A part of a settings file: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Seed(Part):
    """`[seed]`: who answers for the seed, and the subsets that it is counted by."""

    owner: str = ""
    slices: Texts = []


class Grid(Part):
    """`[grid]`: 2 or 3 axes with their levels, candidates per cell, and cells that make no sense."""

    axes: dict[Name, Annotated[Names, Field(min_length=1)]] = {}
    n: Annotated[int, _at_least(1, "a cell gets at least one candidate")] = 10
    masks: list[dict[str, str]] = []

    @model_validator(mode="after")
    def _masks_name_cells(self) -> Self:
        found = []
        for number, mask in enumerate(self.masks):
            for axis, level in mask.items():
                if axis not in self.axes:
                    found.append(
                        (
                            ("masks", number),
                            f"names the axis {shown(axis)}; [grid.axes] has {listed(list(self.axes), most=9) or 'none'}",
                        )
                    )
                elif level not in self.axes[axis]:
                    found.append(
                        (
                            ("masks", number),
                            f"names the level {shown(level)}; {axis} has {listed(self.axes[axis], most=9)}",
                        )
                    )
        if found:
            raise mistakes(found)
        return self


class Role(Part):
    """A model in a role: who serves it, where, its name, and its lineage."""

    provider: Literal["anthropic", "openai", "replay"]
    base_url: Annotated[str, AfterValidator(_without_secret)] = ""
    model: Text
    family: Annotated[str, AfterValidator(_is_family)]


class Roles(Part):
    """`[roles]`: who writes candidates, who grades answers, who is under test."""

    generator: Role | None = None
    grader: Role | None = None
    under_test: Role | None = None


class Review(Part):
    """`[review]`: who reviews what, and how the review is checked.

    Attributes:
        double: The share of candidates that two people decide on, blind to each other. Source:
            10-20 % are asked for by the notes on inter-rater agreement.
        known_bad: The share of what is shown that is planted and bad: 10 of 200 bound the rate of misses.
        known_good: The share that is planted and real.
        repeats: The share that is shown a second time, for self-consistency.
        assign: Who alone reviews the candidates of a level or bucket, by its name.
    """

    double: Share = 0.15
    known_bad: PlantedShare = 0.05
    known_good: PlantedShare = 0.05
    repeats: PlantedShare = 0.05
    assign: dict[Name, Texts] = {}


class Gate(Part):
    """`[gate]`: what the verdict holds a candidate to."""

    margin_pp: Annotated[
        float,
        _above(0, "a margin of 0 points can never be shown"),
        _at_most(MOST_MARGIN_PP, "an owner may predeclare up to 5"),
    ] = 3.0
    alpha: Annotated[
        float,
        _above(0, "alpha is the share of false alarms that is accepted, such as 0.05"),
        _at_most(0.2, "more than one false alarm in five is no gate"),
    ] = 0.05
    floor_roots: Annotated[
        int, _at_least(10, "a group under 10 roots is descriptive and decides nothing")
    ] = 50


class Costs(Part):
    """`[costs]`: dollars per candidate reviewed. Source: the long text, its section 1."""

    prompted: Dollars = 1.0
    mutation: Dollars = 0.5
    persona: Dollars = 1.5
    redteam: Dollars = 3.0


class ModelPrice(Part):
    """A price: dollars per million tokens sent, and come back."""

    input: Dollars
    output: Dollars


class Database(Part):
    """`[store]`: where the database is; empty for a SQLite file in the workspace."""

    url: Annotated[str, AfterValidator(_without_secret)] = ""


class Settings(Part):
    """`workbench.toml`.

    Attributes:
        demo: Whether everything in this workspace was invented for a demo.
        seed: The anchor.
        grid: The grid of cells to generate for.
        personas: A blurb by persona.
        roles: The models and their lineages.
        mix: Mixes of the owner's own, by name: a share by bucket, adding up to 1.
        weights: The weights of the mixed estimate by group, adding up to 1; empty for as found.
        shares: What each slice or cell is of production, adding up to 1; empty when nobody says.
        review: Who reviews what, and the hidden checks.
        gate: The verdict's gate.
        costs: What a review costs.
        prices: What a model costs, by its name; it wins over the table of this package.
        store: The database.

    Example:
        >>> Settings().gate.margin_pp
        3.0
    """

    demo: bool = False
    seed: Seed = Seed()
    grid: Grid = Grid()
    personas: dict[Name, Text] = {}
    roles: Roles = Roles()
    mix: dict[str, Annotated[dict[Bucket, Share], AfterValidator(_sums_to_one)]] = {}
    weights: Annotated[dict[Literal["real", "synthetic", "golden"], Share], AfterValidator(_sums_to_one)] = {}
    shares: Annotated[dict[Text, Share], AfterValidator(_sums_to_one)] = {}
    review: Review = Review()
    gate: Gate = Gate()
    costs: Costs = Costs()
    prices: dict[Text, ModelPrice] = {}
    store: Database = Database()

    @model_validator(mode="after")
    def _shares_name_slices_or_cells(self) -> Self:
        cells = {BETWEEN.join(levels) for levels in product(*self.grid.axes.values())}
        known = {*self.seed.slices, *cells} - {""}
        meant = f"names no slice of [seed] and no cell of [grid]; a cell is written level{BETWEEN}level"
        strange = [(("shares", name), meant) for name in self.shares if name not in known]
        # Slices need not be declared, and then any name may be one.
        if strange and self.seed.slices:
            raise mistakes(strange)
        return self


def _with_meanings(reasons: Any) -> Any:
    return (
        dict.fromkeys(reasons, "")
        if isinstance(reasons, list) and all(isinstance(r, str) for r in reasons)
        else reasons
    )


class Rubric(Part):
    """`rubric.toml`: how a case is labelled and a candidate reviewed.

    Attributes:
        version: Its version; it travels with every label.
        policy: The rules that labels follow.
        expected: The values that a label may have, with their meanings; empty for any value.
        reasons: Why a candidate is rejected or revised, with meanings; a plain list has none.
        checklist: What a reviewer asks of every candidate.
    """

    version: Text = "1"
    policy: str = ""
    expected: dict[str, str] = {}
    reasons: Annotated[dict[str, str], BeforeValidator(_with_meanings)] = {}
    checklist: Texts = []


class Lexicon(Part):
    """`lexicon.toml`: the words whose frequencies are compared with the seed.

    Attributes:
        version: Its version.
        concepts: Ways to say the same thing, by concept.
        signature_words: Words that generators like and customers seldom write.
        products: Names of products that can stand for each other in mutants, by group.
    """

    version: Text = "1"
    concepts: dict[str, Texts] = {}
    signature_words: Texts = []
    products: dict[str, Annotated[Texts, Field(min_length=2)]] = {}
