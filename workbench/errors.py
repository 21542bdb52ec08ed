"""One tree of errors.

    WorkbenchError                what went wrong, where, and what to do next
    ├── InputError (ValueError)       a file or value that cannot be read as declared
    │   ├── QuarantineError               some cases of a file are bad; none was imported
    │   └── TableError                    a frame that breaks its table's declaration
    ├── SettingsError (ValueError)    a mistake in workbench.toml, rubric.toml or lexicon.toml
    ├── UsageError (ValueError)       a command or call that cannot be carried out as given
    │   └── CapError                      a request could pass a cap of its run; raise the cap and run it again
    ├── StoreError (RuntimeError)     the database refused, or holds something else
    ├── StoppedError (RuntimeError)   a server turns every request away; mend that and run it again
    ├── SafetyError (PermissionError) a path, parameter or value that safety forbids
    ├── MissingExtraError (ImportError)  an optional library is not installed
    └── ReportError (RuntimeError)    a notebook or report could not be drawn

Catch the root to catch everything that this package raises on purpose:

    try:
        wb.seed.import_seed(shop, "chats.csv")
    except workbench.WorkbenchError as error:
        print(error)

Every message is one sentence that says what, where, what was found, and the next step.
A REFUSED or BLOCKED swap is not an error: it is a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_CHARACTERS = 80
"""How much of an offending value a message shows: enough to recognise it, and no more."""


class WorkbenchError(Exception):
    """Anything that this package raises on purpose."""


class InputError(WorkbenchError, ValueError):
    """A file, or a value in it, cannot be read as it was declared."""


class TableError(InputError):
    """A frame breaks the declaration of its table."""


class QuarantineError(InputError):
    """Some cases of a file are bad, so none of the file was imported.

    Attributes:
        problems: One sentence per bad case, in the order of the file.
    """

    def __init__(self, message: str, problems: Sequence[str]) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class SettingsError(WorkbenchError, ValueError):
    """A settings file of the workspace has a mistake; every mistake is listed with its line."""


class UsageError(WorkbenchError, ValueError):
    """A command or a call cannot be carried out as it was given."""


class CapError(UsageError):
    """A request was not sent because it could pass a cap; with a higher cap, the run goes on where it was."""


class StoreError(WorkbenchError, RuntimeError):
    """The database refused, or holds something else than what was asked for."""


class StoppedError(WorkbenchError, RuntimeError):
    """Every other request would fail too, for the key, account, address or model; mended, the run goes on."""


class SafetyError(WorkbenchError, PermissionError):
    """A path, a parameter or a value is refused because it is not safe."""


class MissingExtraError(WorkbenchError, ImportError):
    """A library of an optional extra is needed and not installed."""


class ReportError(WorkbenchError, RuntimeError):
    """A notebook could not be run, or a report could not be drawn."""


def shown(value: object) -> str:
    """Return a value as a message shows it: quoted, on one line, at most 80 characters.

    Example:
        >>> shown("where is it????")
        "'where is it????'"
        >>> len(shown("a" * 500))
        82
    """
    text = repr(str(value))
    return text if len(text) <= SHOWN_CHARACTERS + 2 else f"{text[:SHOWN_CHARACTERS]}…{text[0]}"


def listed(items: Sequence[object], *, most: int = 3) -> str:
    """Return the first few items as a message lists them, and how many more there are.

    Example:
        >>> listed(["r1", "r2", "r3", "r4", "r5"])
        'r1, r2, r3 and 2 more'
    """
    head = ", ".join(str(item) for item in items[:most])
    rest = len(items) - most
    return f"{head} and {rest:,} more" if rest > 0 else head


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, as a sentence has it.

    Example:
        >>> counted(1, "case"), counted(1_200, "case")
        ('1 case', '1,200 cases')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
