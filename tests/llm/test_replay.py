"""Stored replies: found by cell, bucket and index, and every mistake of the file is one sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from workbench.errors import InputError
from workbench.llm import Replay, Reply, Request

if TYPE_CHECKING:
    from pathlib import Path

LINE = {
    "cell": "angry/delay", "index": 0, "bucket": "persona", "origin": "composed", "model": "composed", "family": "demo",
    "reply": '{"turns": [{"role": "user", "text": "WHERE is it"}]}',
}  # fmt: skip


def written(tmp_path: Path, *lines: dict[str, Any] | str) -> Path:
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return file


def asked(**changes: Any) -> Request:
    told = {
        "cell": "angry/delay",
        "index": 0,
        "bucket": "persona",
        "prompt": "Write",
        "prompt_sha256": "0" * 64,
    }
    return Request(**told | changes)


def test_a_reply_is_found_by_cell_bucket_and_index(tmp_path: Path) -> None:
    client = Replay(written(tmp_path, LINE, "", LINE | {"index": 1, "reply": "no"}))

    assert len(client) == 2
    assert client.reply(asked()) == Reply(
        state="ok", text=LINE["reply"], origin="composed", provider="replay", model="composed", family="demo", cost_usd=0.0
    )  # fmt: skip
    assert client.reply(asked(index=1)).text == "no"


@pytest.mark.parametrize("other", [{"cell": "new/delay"}, {"index": 2}, {"bucket": "prompted"}])
def test_what_is_not_stored_is_absent(tmp_path: Path, other: dict[str, Any]) -> None:
    assert Replay(written(tmp_path, LINE)).reply(asked(**other)).state == "absent"


def test_nobody_knows_what_a_stored_reply_of_a_model_cost(tmp_path: Path) -> None:
    line = LINE | {"origin": "model", "model": "opus", "family": "Anthropic/Opus"}
    reply = Replay(written(tmp_path, line)).reply(asked())

    assert (reply.origin, reply.family, reply.cost_usd) == ("model", "anthropic/opus", None)


def test_what_a_model_wrote_answers_the_prompt_it_names_and_no_other(tmp_path: Path) -> None:
    line = LINE | {"origin": "model", "model": "opus", "family": "anthropic/opus", "prompt_sha256": "0" * 64}
    client = Replay(written(tmp_path, line, line | {"index": 1, "prompt_sha256": "1" * 64}))
    other = client.reply(asked(index=1))

    assert client.reply(asked()).state == "ok"
    assert (other.state, other.text) == ("absent", "")
    assert other.reason == "the stored reply answers another prompt than the slot's, by its prompt_sha256"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"cell": ', "line 2: is not JSON (EOF while parsing a value); a line has cell, bucket, index, origin, model, family, reply"),
        ("[]", "line 2: is no object with named fields"),
        ({**LINE, "index": -1}, "line 2: index: input should be greater than or equal to 0"),
        ({**LINE, "index": "1"}, "line 2: index: input should be a valid integer"),
        ({**LINE, "cell": ""}, "line 2: cell: string should have at least 1 character"),
        ({**LINE, "expected": "refund"}, "line 2: has the field 'expected'"),
        ({k: v for k, v in LINE.items() if k != "origin"}, "line 2: lacks origin"),
        ({**LINE, "family": "opus"}, "line 2: family: family 'opus' is not vendor/line"),
        ({**LINE, "family": "anthropic/opus"}, "line 2: the origin composed does not go with the family anthropic/opus"),
        ({**LINE, "origin": "model"}, "line 2: the origin model does not go with the family demo"),
        ({**LINE, "prompt_sha256": "0" * 64}, "line 2: what was composed answers no prompt; take prompt_sha256 out"),
        ({**LINE, "prompt_sha256": "0"}, "line 2: prompt_sha256: string should match pattern"),
        ({**LINE, "index": 7}, "line 2: persona 7 of 'angry/delay' stands in line 1 already; keep one"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_sentence_with_its_line(
    tmp_path: Path, line: dict[str, Any] | str, said: str
) -> None:
    file = written(tmp_path, LINE | {"index": 7}, line)
    with pytest.raises(InputError) as refused:
        Replay(file)

    assert str(refused.value).startswith(f"replies.jsonl {said}")


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file .*none.jsonl; name the file of stored replies"):
        Replay(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        Replay(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes(b'{"cell": "caf\xe9"}')
    with pytest.raises(InputError, match=r"latin\.jsonl is not UTF-8"):
        Replay(tmp_path / "latin.jsonl")
