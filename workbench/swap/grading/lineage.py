"""Whether a judge may grade: never its own line's answers, nor answers to cases that its own line wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import UsageError, counted, listed, shown
from workbench.provenance import UNKNOWN, clash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.settings import Role


def warnings_of(
    role: Role, models: Mapping[str, str], generators: Mapping[str, Sequence[str]], *, demo: bool
) -> tuple[str, ...]:
    """Return what is worth knowing about a judge's lineage.

    Args:
        role: The judge.
        models: The family of each model under test.
        generators: The ids of the cases that each family wrote.
        demo: Whether the workspace is a demo.

    Raises:
        UsageError: The judge is of the same line as a model or a generator, or its family is `demo`
            outside a demo.
    """
    if role.family == "demo" and not demo:
        raise UsageError(
            "the family of the grader in [roles] is demo, and this workspace is none; declare VENDOR/LINE or unknown"
        )
    others = {f"the model {shown(model)}": family for model, family in models.items()} | {
        f"the generator of {counted(len(cases), 'case')} ({listed(list(cases))})": family
        for family, cases in generators.items()
    }
    for other, family in others.items():
        if clash(role.family, family) == "line":
            raise UsageError(
                f"the judge {shown(role.model)} is of the line {role.family}, as is {other}: it would grade its own, and "
                "nothing was asked; name a grader of another family in [roles] of workbench.toml"
            )
    vendor = [other for other, family in others.items() if clash(role.family, family) == "vendor"]
    unknown = [other for other, family in others.items() if family == UNKNOWN]
    unknown += ["the judge"] if role.family == UNKNOWN else []
    return (
        *([f"of the vendor of the judge ({role.family}): {listed(vendor, most=8)}"] if vendor else []),
        *([f"of unknown family, which bars SHIP: {listed(unknown, most=8)}; declare it"] if unknown else []),
    )
