"""Stored replies, by cell, bucket and index: what a model wrote earlier, or what was composed for a demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import InputError, shown
from workbench.llm.messages import Origin, Reply
from workbench.provenance import SHA256_PATTERN, family

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from workbench.llm.messages import Request

PROVIDER = "replay"
"""Who serves a stored reply."""

OTHER_PROMPT = "the stored reply answers another prompt than the slot's, by its prompt_sha256"

Text = Annotated[str, Field(min_length=1)]


class _Stored(BaseModel):
    """One line of the file, the last field where it is known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    cell: Text
    bucket: Text
    index: Annotated[int, Field(ge=0)]
    origin: Origin
    model: Text
    family: Annotated[str, AfterValidator(lambda text: str(family(text)))]
    reply: str
    prompt_sha256: Annotated[str, Field(pattern=SHA256_PATTERN)] | None = None


class Replay:
    """A client that answers from a JSONL file of stored replies.

    Each line has `cell` (`redteam/<attack>` for the red team), `bucket`, `index`, `origin` (`composed` or
    `model`), `model`, `family` and `reply`, the reply's text. What was composed is of the family `demo`,
    and nothing else is, so that it never passes for the work of a model. What a model wrote may say from
    which prompt, by its `prompt_sha256`; it answers that prompt and no other.

    Args:
        path: The file.

    Raises:
        InputError: The file cannot be read, a line is no stored reply, or one is there twice.
    """

    def __init__(self, path: Path) -> None:
        self._replies: dict[tuple[str, str, int], _Stored] = {}
        lines: dict[tuple[str, str, int], int] = {}
        for number, line in enumerate(_text(path).split("\n"), 1):
            if not line.strip():
                continue
            where = f"{path.name} line {number}"
            stored = _stored(line, where)
            key = (stored.cell, stored.bucket, stored.index)
            if key in lines:
                raise InputError(
                    f"{where}: {stored.bucket} {stored.index} of {shown(stored.cell)} stands in line {lines[key]} "
                    "already; keep one"
                )
            lines[key] = number
            self._replies[key] = stored

    def __len__(self) -> int:
        return len(self._replies)

    def reply(self, request: Request) -> Reply:
        """Return the stored reply, or that there is none for this prompt."""
        stored = self._replies.get((request.cell, request.bucket, request.index))
        if stored is None:
            return Reply(state="absent", provider=PROVIDER)
        if stored.prompt_sha256 not in {None, request.prompt_sha256}:
            return Reply(state="absent", provider=PROVIDER, reason=OTHER_PROMPT)
        return Reply(
            state="ok",
            text=stored.reply,
            origin=stored.origin,
            provider=PROVIDER,
            model=stored.model,
            family=stored.family,
            # What a model's reply cost when it was stored is not in the file.
            cost_usd=0.0 if stored.origin == "composed" else None,
        )

    def replies(self, requests: Sequence[Request]) -> Generator[tuple[Request, Reply], None, None]:
        """Yield each request with its stored reply, in their order."""
        return ((request, self.reply(request)) for request in requests)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"no file {path}; name the file of stored replies") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check it and its rights") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8; save it again as UTF-8") from None


def _stored(line: str, where: str) -> _Stored:
    try:
        stored = _Stored.model_validate_json(line)
    except ValidationError as error:
        raise InputError(f"{where}: {fault(error)}; a line has {', '.join(_Stored.model_fields)}") from None
    if (stored.origin == "composed") != (stored.family == "demo"):
        raise InputError(
            f"{where}: the origin {stored.origin} does not go with the family {stored.family}; what was composed is "
            "of the family demo, and nothing else is"
        )
    if stored.origin == "composed" and stored.prompt_sha256:
        raise InputError(
            f"{where}: what was composed answers no prompt; take prompt_sha256 out, or say that a model wrote it"
        )
    return stored


def fault(error: ValidationError) -> str:
    """Return the first mistake of a JSON object in plain words."""
    found = error.errors()[0]
    place = ".".join(str(part) for part in found["loc"])
    said = found["msg"][:1].lower() + found["msg"][1:]
    match found["type"]:
        case "missing":
            return f"lacks {place}"
        case "extra_forbidden":
            return f"has the field {shown(place)}"
        case "model_type":
            return "is no object with named fields"
        case "json_invalid":
            return f"is not JSON ({said.removeprefix('invalid JSON: ').partition(' at line ')[0]})"
        case _:
            return f"{place}: {said.removeprefix('value error, ')}"
