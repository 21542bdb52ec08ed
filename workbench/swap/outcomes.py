"""What counts as a pass: declared, never guessed.

Formats disagree on polarity (in some, 0 is the pass), so a file says nothing until somebody
declares which value passes. What is neither a pass nor a fail by that declaration is an error of
the file, not a fail of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import InputError, UsageError, listed, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OPPOSITES: Mapping[str, str] = {
    "1": "0",
    "true": "false",
    "pass": "fail",
    "passed": "failed",
    "yes": "no",
    "y": "n",
    "correct": "incorrect",
    "success": "failure",
    "1.0": "0.0",
}
"""Two-valued words: declaring one as the pass declares the other as the fail, either way round."""

MISSING = {"error": "error", "unscored": "unscored", "": "unscored"}


@dataclass(frozen=True)
class Polarity:
    """Which values of a file pass, and which fail.

    Attributes:
        pass_when: The value that passes, as the file writes it.
        fail_when: The values that fail; by default the opposite of `pass_when`, if it has one.
        malformed_when: The values that are no verdict at all, although the judge answered: such an
            outcome is unscored, and counted as malformed.
    """

    pass_when: str
    fail_when: tuple[str, ...] = ()
    malformed_when: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        passes = _read(self.pass_when)
        if passes in MISSING:
            raise UsageError(
                f"--pass-when {shown(self.pass_when)} cannot be a pass: it means that no score is there"
            )
        if passes in map(_read, self.fail_when):
            raise UsageError(
                f"--pass-when and --fail-when both name {shown(self.pass_when)}; a value passes or fails"
            )
        for value in self.malformed_when:
            if _read(value) in {passes, *map(_read, self.fails), *MISSING}:
                raise UsageError(
                    f"--malformed-when {shown(value)} has another meaning already (a pass, a fail or missing); "
                    "name only values that are no verdict"
                )

    @property
    def fails(self) -> tuple[str, ...]:
        """The values that fail."""
        opposites = dict(OPPOSITES) | {fail: good for good, fail in OPPOSITES.items()}
        opposite = opposites.get(_read(self.pass_when))
        return self.fail_when or ((opposite,) if opposite else ())

    def outcomes(self, name: str, values: Sequence[str | None], places: Sequence[str]) -> list[str]:
        """Read values as pass, fail, error or unscored; case and outer spaces do not matter.

        An empty value is unscored; the words error and unscored are themselves.

        Raises:
            InputError: Values are neither; the message lists them with their rows.

        Example:
            >>> Polarity("1").outcomes("r.csv", ["1", "0", None], ["row 1", "row 2", "row 3"])
            ['pass', 'fail', 'unscored']
        """
        known = dict(MISSING) | {_read(value): "unscored" for value in self.malformed_when}
        known |= {_read(fail): "fail" for fail in self.fails} | {_read(self.pass_when): "pass"}
        read = [known.get(_read(value or "")) for value in values]
        strange: dict[str, list[str]] = {}
        for value, outcome, place in zip(values, read, places, strict=True):
            if outcome is None:
                strange.setdefault(str(value), []).append(place)
        if strange:
            found = listed([f"{shown(value)} ({listed(where)})" for value, where in strange.items()])
            fails = " or ".join(shown(fail) for fail in self.fails) or "nothing declared"
            raise InputError(
                f"{name}: {len(strange)} values of outcome are neither a pass ({shown(self.pass_when)}) nor a fail "
                f"({fails}): {found}; say what they mean with --pass-when and --fail-when"
            )
        return [outcome for outcome in read if outcome is not None]

    def malformed(self, value: str | None) -> bool | None:
        """Say whether a value is no verdict; none where nobody declared which values are not.

        Example:
            >>> Polarity("1", malformed_when=("garbage",)).malformed("Garbage"), Polarity("1").malformed("0")
            (True, None)
        """
        if not self.malformed_when:
            return None
        return _read(value or "") in map(_read, self.malformed_when)


def _read(value: str) -> str:
    return value.strip().lower()
