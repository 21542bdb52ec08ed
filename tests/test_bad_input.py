"""Bad files are refused with one exact sentence and leave nothing behind; odd but good ones come in whole.

Every line of the catalogue of bad input that concerns files of cases has a test here.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import random
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import WorkbenchError
from workbench.exchange import files
from workbench.exchange.cases import SEED_COLUMNS, cases_from
from workbench.exchange.entries import Declared
from workbench.exchange.mapping import Mapping
from workbench.generate import import_cases
from workbench.provenance import content_sha256
from workbench.seed import import_seed
from workbench.tables import CASES, LABELS, SEEDS

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.workspace import Workspace

GOOD = ("r1", "where is it????")


@dataclass(frozen=True)
class Bad:
    """A file that must be refused, and the whole message."""

    why: str
    name: str
    content: bytes
    message: str
    options: dict[str, Any] = field(default_factory=dict)


def csv(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def cell(text: str) -> bytes:
    """Return a CSV of one case with a text."""
    quoted = text.replace('"', '""')
    return csv("case_id,text", f'r17,"{quoted}"')


def jsonl(*rows: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def turns(*pairs: tuple[str, Any], key: str = "text") -> bytes:
    """Return a JSONL file of one case with turns."""
    return jsonl({"case_id": "r17", "turns": [{"role": role, key: said} for role, said in pairs]})


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def excel(*rows: tuple[Any, ...], sheets: tuple[str, ...] = ("Sheet1",)) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for title in sheets[1:]:
        book.create_sheet(title)
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def inflated() -> bytes:
    """Return a workbook whose sheet unpacks to 300 MB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(excel(("case_id", "text"), GOOD))) as book,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in book.namelist():
            made.writestr(part, book.read(part))
        with made.open("xl/worksheets/padding.xml", "w", force_zip64=True) as padding:
            for _ in range(300):
                padding.write(b" " * 1_000_000)
    return out.getvalue()


def bomb() -> bytes:
    """Return 300 MB of one letter as a gzip of 300 KB."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(b"case_id,text\nr1,")
        for _ in range(300):
            packed.write(b"A" * 1_000_000)
    return out.getvalue()


TWO = csv("case_id,text", "r1,where is it????", "r2,send me my money")
TIMES = csv(
    "case_id,text,at",
    "r1,where is it????,2026-03-04T10:00:00",
    "r2,cancel it,2026-03-04T10:00:00Z",
    "r3,hello?,2026-03-05 11:30",
)
HUMAN = {"label_kind": "human", "label_author": "Reviewer A"}

BAD = [
    # Files
    Bad("no file", "", b"",
        "FOLDER/seed.csv does not exist; name a file"),
    Bad("unknown suffix", "seed.txt", TWO,
        "seed.txt cannot be read; files that end in .csv, .tsv, .jsonl, .ndjson, .json, .parquet, .xlsx can, each also with .gz"),
    Bad("no suffix", "seed", TWO,
        "seed cannot be read; files that end in .csv, .tsv, .jsonl, .ndjson, .json, .parquet, .xlsx can, each also with .gz"),
    Bad("old Excel", "seed.xls", TWO,
        "seed.xls cannot be read; save it as .xlsx"),
    Bad("pickle", "seed.pkl", b"\x80\x04.",
        "seed.pkl cannot be read; a pickle runs code when it is read; write it as Parquet or JSONL"),
    Bad("zip", "seed.zip", b"PK\x03\x04",
        "seed.zip cannot be read; unpack it"),
    Bad("empty", "seed.csv", b"",
        "seed.csv is empty; export it again"),
    Bad("only a byte-order mark", "seed.csv", b"\xef\xbb\xbf",
        "seed.csv is empty; export it again"),
    Bad("only a header", "seed.csv", b"case_id,text\n",
        "seed.csv has a header and no rows; export it again"),
    Bad("empty JSONL", "seed.jsonl", b"\n\n",
        "seed.jsonl is empty; export it again"),
    Bad("workbook named CSV", "seed.csv", excel(("case_id", "text"), GOOD),
        "seed.csv is a zip archive or an Excel workbook, not CSV; give it its own suffix or export it again"),
    Bad("Parquet named JSONL", "seed.jsonl", parquet({"case_id": ["r1"], "text": ["hi"]}),
        "seed.jsonl is a Parquet file, not JSONL; give it its own suffix or export it again"),
    Bad("log-in page named CSV", "seed.csv", b"<!DOCTYPE html><html><title>Sign in</title></html>",
        "seed.csv is a web page, not CSV; give it its own suffix or export it again"),
    Bad("cut gzip", "seed.csv.gz", gzip.compress(TWO, mtime=0)[:-9],
        "seed.csv.gz is a damaged gzip file; download or pack it again"),
    # Encodings
    Bad("Windows-1252", "seed.csv", "case_id,text\nr1,hello\nr2,où est mon colis ?\n".encode("cp1252"),
        "seed.csv row 2 byte 5: not UTF-8 (looks like Windows-1252); re-save it as UTF-8 or pass --encoding cp1252"),
    Bad("Windows-1252 JSONL", "seed.jsonl", '{"case_id": "r1", "text": "où ?"}\n'.encode("cp1252"),
        "seed.jsonl line 1 byte 29: not UTF-8 (looks like Windows-1252); re-save it as UTF-8 or pass --encoding cp1252"),
    Bad("Windows-1252 header", "seed.csv", "case_id,text,prénom\nr1,hello,x\n".encode("cp1252"),
        "seed.csv header byte 16: not UTF-8 (looks like Windows-1252); re-save it as UTF-8 or pass --encoding cp1252"),
    Bad("mixed encodings", "seed.csv", "case_id,text\nr1,où ?\n".encode() + "r2,où ?\n".encode("cp1252"),
        "seed.csv row 2 byte 5: not UTF-8, though other places are: the file mixes encodings; re-save it as UTF-8 where it was made"),
    Bad("no encoding anyone knows", "seed.csv", b"case_id,text\nr1,\x81\x8d\n",
        "seed.csv row 1 byte 4: not UTF-8; re-save it as UTF-8, or pass the --encoding that it was written in"),
    Bad("UTF-16 without a mark", "seed.csv", TWO.decode().encode("utf-16-le"),
        "seed.csv looks like UTF-16 without a byte-order mark; pass --encoding utf-16-le or utf-16-be"),
    Bad("cut UTF-16", "seed.csv", TWO.decode().encode("utf-16")[:-1],
        "seed.csv row 2 byte 40: not utf-16; re-save it as UTF-8, or pass the --encoding that it was written in"),
    Bad("named encoding does not fit", "seed.csv", "case_id,text\nr1,où ?\n".encode(),
        "seed.csv row 1 byte 5: not ascii; re-save it as UTF-8, or pass the --encoding that it was written in", {"encoding": "ascii"}),
    Bad("unknown encoding", "seed.csv", TWO,
        "encoding 'utf-9' is not known; write one such as utf-8, cp1252, utf-16 or shift_jis", {"encoding": "utf-9"}),
    # CSV
    Bad("duplicate header", "seed.csv", csv("case_id,text,text", "r1,a,b"),
        "seed.csv header: 'text' names two columns; rename one of them"),
    Bad("more fields than the header", "seed.csv", csv("case_id,text", "r1,refund,please"),
        "seed.csv row 1 has 3 fields, the header has 2; put quotes around a field that holds the separator or a line break"),
    Bad("extra comma", "seed.csv", csv("case_id,text", "r1,hello", "r2,hello, where is it"),
        "seed.csv row 2 has 3 fields, the header has 2; put quotes around a field that holds the separator or a line break"),
    Bad("fewer fields than the header", "seed.csv", csv("case_id,text,expected", "r1,hello,refund", "r2"),
        "seed.csv row 2 has 1 field, the header has 3; put quotes around a field that holds the separator or a line break"),
    Bad("open quote", "seed.csv", csv("case_id,text", "r1,fine", 'r2,"where is it', "r3,hello"),
        "seed.csv row 2: a quote is opened and never closed; close it, or double the quotes inside a quoted field"),
    Bad("text after a quote", "seed.csv", csv("case_id,text", 'r1,"I want" a refund'),
        "seed.csv row 1: text follows a closing quote; double the quotes inside a quoted field"),
    Bad("open quote in the header", "seed.csv", csv('case_id,"text', "r1,hello"),
        "seed.csv header: a quote is opened and never closed; close it, or double the quotes inside a quoted field"),
    # JSON
    Bad("broken line", "seed.jsonl", b'{"case_id": "r1", "text": "hi"}\n{"case_id": "r2" "text": "hi"}\n',
        "seed.jsonl line 2 character 18 is not JSON (expecting ',' delimiter); export it again"),
    Bad("cut line", "seed.jsonl", b'{"case_id": "r1", "text": "where is',
        "seed.jsonl line 1 character 27 is not JSON (unterminated string); export it again"),
    Bad("Python lines", "seed.jsonl", b"{'case_id': 'r1', 'text': None}\n",
        "seed.jsonl line 1 character 2 is not JSON (expecting property name enclosed in double quotes); it looks like Python, so write it with json.dumps"),
    Bad("a list in JSONL", "seed.jsonl", b'["r1", "hi"]\n',
        "seed.jsonl line 1 is a list; write an object with named fields"),
    Bad("repeated key", "seed.jsonl", b'{"case_id": "r1", "text": "hi", "text": "ho"}\n',
        "seed.jsonl line 1 is not JSON (the key 'text' is there twice); export it again"),
    Bad("infinity", "seed.jsonl", b'{"case_id": "r1", "text": "hi", "score": Infinity}\n',
        "seed.jsonl line 1 is not JSON (Infinity is no number); export it again"),
    Bad("bottomless JSON", "seed.jsonl", b'{"case_id": "r1", "text": ' + b"[" * 5_000 + b"]" * 5_000 + b"}\n",
        "seed.jsonl line 1 is not JSON (it is nested more than 100 deep); export it again"),
    Bad("endless JSON", "seed.jsonl", b"[" * 200_000,
        "seed.jsonl line 1 is not JSON (it is nested more than 100 deep); export it again"),
    Bad("an object for a file", "seed.json", b'{"case_id": {"0": "r1"}, "text": {"0": "hi"}}',
        "seed.json holds an object; write a list of objects, one per case"),
    Bad("JSONL named JSON", "seed.json", b'{"case_id": "r1"}\n{"case_id": "r2"}\n',
        "seed.json holds several JSON values; name it .jsonl if there is one on each line"),
    Bad("a number in the list", "seed.json", b'[{"case_id": "r1", "text": "hi"}, 7]',
        "seed.json item 2 is only 7; write an object with named fields"),
    Bad("broken JSON file", "seed.json", b'[\n  {"case_id": "r1",\n   "text" "hi"}\n]',
        "seed.json line 3 character 11 is not JSON (expecting ':' delimiter); export it again"),
    # Ids
    Bad("duplicate ids", "seed.csv", csv("case_id,text", "r1,a", "r2,where is it????", "r3,b", "r2,hello"),
        "seed.csv: 2 of 4 cases are bad (nothing was imported; --quarantine takes the other 2)\n"
        "  row 2: case r2 is there 2 times, on row 2 ('where is it????') and row 4 ('hello'); give each case an id of its own\n"
        "  row 4: case r2 is there 2 times, on row 2 ('where is it????') and row 4 ('hello'); give each case an id of its own"),
    Bad("blank id", "seed.csv", csv("case_id,text", "r1,hello", ",where is it????"),
        "seed.csv row 2: the case has no case_id; fill it in, or leave the row out (nothing was imported; --quarantine takes the other 1)"),
    Bad("id that lost digits", "seed.csv", csv("case_id,text", "1.2345678901234568e+16,hello"),
        "seed.csv row 1: the case has the case_id '1.2345678901234568e+16', which went through a floating-point number and may have lost digits; "
        "export ids as text (nothing was imported)"),
    Bad("float id in JSON", "seed.jsonl", b'{"case_id": 42.0, "text": "hi"}\n',
        "seed.jsonl line 1: the case has the case_id '42.0', which went through a floating-point number and may have lost digits; "
        "export ids as text (nothing was imported)"),
    Bad("float ids in Parquet", "seed.parquet", parquet({"case_id": [12345678901234567.0, None], "text": ["a", "b"]}),
        "seed.parquet: 2 of 2 cases are bad (nothing was imported)\n"
        "  row 1: the case has the case_id '1.2345678901234568e+16', which went through a floating-point number and may have lost digits; export ids as text\n"
        "  row 2: the case has no case_id; fill it in, or leave the row out"),
    Bad("float id in Excel", "seed.xlsx", excel(("case_id", "text"), (12345678901234567.0, "hi")),
        "seed.xlsx sheet row 2: the case has the case_id '1.234567890123457e+16', which went through a floating-point number and may have lost digits; "
        "export ids as text (nothing was imported)"),
    Bad("an object for an id", "seed.jsonl", jsonl({"case_id": {"n": 1}, "text": "hi"}),
        'seed.jsonl line 1: the case has the case_id \'{"n":1}\'; write a text or a whole number (nothing was imported)'),
    # Columns
    Bad("no id column", "seed.csv", csv("ID,text", "r1,hello"),
        "seed.csv has no column case_id; pass --column case_id=SOURCE, one of ID, text"),
    Bad("no text column", "seed.csv", csv("case_id,BODY", "r1,hello"),
        "seed.csv has no column turns, messages, conversation or text; pass --column text=SOURCE, one of case_id, BODY"),
    Bad("unknown source", "seed.csv", TWO,
        "--column: seed.csv has no column 'Text'; did you mean 'text'? it has case_id, text", {"columns": ["expected=Text"]}),
    Bad("unknown source in a template", "seed.csv", TWO,
        "--column: seed.csv has no column 'build'; it has case_id, text", {"columns": ["slice={case_id}@{build}"]}),
    Bad("unknown column", "seed.csv", TWO,
        "--column: the table has no column 'expectd'; did you mean 'expected'? it has case_id, turns, messages, conversation, text, "
        "context, slice, cell, must_hold, author, tag, created_at, content_sha256, expected, label_kind, label_author, owner, backfill_by, "
        "rubric_version", {"columns": ["expectd=text"]}),
    Bad("half an option", "seed.csv", TWO,
        "--column 'expected' is not NAME=SOURCE, such as case_id=ID", {"columns": ["expected"]}),
    Bad("column mapped twice", "seed.csv", TWO,
        "--column names 'text' twice; name each column of the table once", {"columns": ["text=text", "text=case_id"]}),
    Bad("text and turns", "seed.csv", TWO,
        "--column maps turns and text, which are one thing; map one of them", {"columns": ["text=text", "turns=case_id"]}),
    Bad("condition without ==", "seed.csv", TWO,
        "--where 'case_id=r1' is not SOURCE==VALUE, such as 'refund_intent==true'", {"where": ["case_id=r1"]}),
    Bad("condition on no column", "seed.csv", TWO,
        "--where: seed.csv has no column 'caseid'; did you mean 'case_id'? it has case_id, text", {"where": ["caseid==r1"]}),
    Bad("condition that nothing meets", "seed.csv", TWO,
        "seed.csv: no row has case_id == 'r9'; found 'r1', 'r2'", {"where": ["case_id==r9"]}),
    # Conversations
    Bad("empty text", "seed.csv", csv("case_id,text", "r17,"),
        "seed.csv row 1: case r17 has no user text; leave the row out, or map the column that holds what the user wrote (nothing was imported)"),
    Bad("only spaces", "seed.csv", cell("  \t "),
        "seed.csv row 1: case r17 has no user text; leave the row out, or map the column that holds what the user wrote (nothing was imported)"),
    Bad("only zero width", "seed.csv", cell("\u200b\ufeff\u2060"),
        "seed.csv row 1: case r17 has no user text; leave the row out, or map the column that holds what the user wrote (nothing was imported)"),
    Bad("no turns", "seed.jsonl", jsonl({"case_id": "r17", "turns": []}),
        "seed.jsonl line 1: case r17 has no user text; leave the row out, or map the column that holds what the user wrote (nothing was imported)"),
    Bad("only the agent speaks", "seed.jsonl", turns(("agent", "Hello, how can I help?")),
        "seed.jsonl line 1: case r17 has no user text; leave the row out, or map the column that holds what the user wrote (nothing was imported)"),
    Bad("NUL", "seed.jsonl", jsonl({"case_id": "r17", "text": "where is\0 it"}),
        "seed.jsonl line 1: case r17 holds the character NUL (U+0000), which no message has; remove it (nothing was imported)"),
    Bad("NUL in another column", "seed.jsonl", jsonl({"case_id": "r17", "text": "hi", "note": ["\0"]}),
        "seed.jsonl line 1: case r17 holds the character NUL (U+0000), which no message has; remove it (nothing was imported)"),
    Bad("Python in a cell", "seed.csv", cell("[{'role': 'user', 'content': 'where is it'}]"),
        "seed.csv row 1: case r17 looks like Python, not JSON; write the conversation with json.dumps (nothing was imported)"),
    Bad("broken conversation in a cell", "seed.csv", cell('[{"role": "user", "content": "where is it"'),
        "seed.csv row 1: case r17 holds a conversation whose JSON is broken (character 43: expecting ',' delimiter); export it again (nothing was imported)"),
    Bad("unknown role", "seed.jsonl", turns(("user", "hi"), ("supervisor", "Hello.")),
        "seed.jsonl line 1: case r17 has the unknown role 'supervisor' in turn 2; "
        "known are user, customer, human, client, assistant, agent, bot, ai, representative, system, developer, tool, action, function (nothing was imported)"),
    Bad("no role", "seed.jsonl", jsonl({"case_id": "r17", "turns": [{"text": "hi"}]}),
        "seed.jsonl line 1: case r17 has no role in turn 1; write user, assistant, system or tool (nothing was imported)"),
    Bad("no role in a cell", "seed.csv", cell('[{"content": "where is it"}]'),
        "seed.csv row 1: case r17 has no role in turn 1; write user, assistant, system or tool (nothing was imported)"),
    Bad("no text in a turn", "seed.jsonl", turns(("user", "hi"), ("assistant", None), key="content"),
        "seed.jsonl line 1: case r17 has no text in turn 2 (assistant); leave the turn out or write what was said (nothing was imported)"),
    Bad("a text for a turn", "seed.jsonl", jsonl({"case_id": "r17", "turns": ["hi"]}),
        "seed.jsonl line 1: case r17 has 'hi' as turn 1; write turns as {role, text} (nothing was imported)"),
    Bad("a flag for a text", "seed.jsonl", jsonl({"case_id": "r17", "text": True}),
        "seed.jsonl line 1: case r17 has 'true' for a conversation; write a text or a list of turns (nothing was imported)"),
    Bad("a flag in a turn", "seed.jsonl", turns(("user", False)),
        "seed.jsonl line 1: case r17 has 'false' as the text of turn 1; write a text (nothing was imported)"),
    Bad("a part without type", "seed.jsonl", turns(("user", [{"url": "x.png"}]), key="content"),
        "seed.jsonl line 1: case r17 has a part without type and text in turn 1; write {type: text, text: ...} (nothing was imported)"),
    Bad("an object without turns", "seed.jsonl", jsonl({"case_id": "r17", "turns": {"id": 7, "topic": "refund"}}),
        "seed.jsonl line 1: case r17 has an object for a conversation, with id, topic; write a list of turns (nothing was imported)"),
    Bad("a whole export in one cell", "seed.csv", cell("where is it? " * 80_000),
        "seed.csv row 1: case r17 has 1,040,000 characters, more than the 1,000,000 that one conversation can have; "
        "see whether a quote was left open, or shorten it (nothing was imported)"),
    # Further columns
    Bad("must_hold is neither", "seed.csv", csv("case_id,text,must_hold", "r17,hi,maybe"),
        "seed.csv row 1: case r17 has must_hold 'maybe', which is neither true nor false; write true or false (nothing was imported)"),
    Bad("broken context", "seed.csv", csv("case_id,text,context", 'r17,hi,"{""order"": "'),
        'seed.csv row 1: case r17 has context \'{"order": \', whose JSON is broken (character 11: expecting value); '
        'write it with json.dumps (nothing was imported)'),
    Bad("tag of another bucket", "seed.csv", csv("case_id,text,tag", "r17,hi,synth-angry"),
        "seed.csv row 1: case r17 has the tag 'synth-angry', which is no tag of bucket seed; write one such as prod (nothing was imported)"),
    Bad("no sha256", "seed.csv", csv("case_id,text,content_sha256", "r17,hi,abc"),
        "seed.csv row 1: case r17 has content_sha256 'abc', which is no sha256; write its 64 hexadecimal digits (nothing was imported)"),
    Bad("changed since it was exported", "seed.csv", csv("case_id,text,content_sha256", f"r17,hi,{'0' * 64}"),
        "seed.csv row 1: case r17 was changed since its content_sha256 was taken; export it again or drop that column (nothing was imported)"),
    # Labels
    Bad("human labels of nobody", "seed.csv", csv("case_id,text,expected", "r1,hi,refund"),
        "human labels need an author; pass --label-author NAME or --column label_author=SOURCE", {"label_kind": "human"}),
    Bad("provisional without owner", "seed.csv", csv("case_id,text,expected", "r1,hi,refund"),
        "provisional labels need an owner; pass --label-owner NAME or --column owner=SOURCE", {"label_kind": "provisional"}),
    Bad("provisional without date", "seed.csv", csv("case_id,text,expected,owner,backfill_by", "r1,hi,refund,Team A,"),
        "seed.csv row 1: case r1 has a provisional label without owner and backfill_by; say who replaces it and until when (nothing was imported)", {"label_kind": "provisional"}),
    Bad("unknown kind", "seed.csv", csv("case_id,text,expected", "r1,hi,refund"),
        "--label-kind 'gold' is none of claimed, human, programmatic, provisional", {"label_kind": "gold"}),
    Bad("unknown kind in the file", "seed.csv", csv("case_id,text,expected,label_kind", "r1,hi,refund,inherited"),
        "seed.csv row 1: case r1 has label_kind 'inherited', which is none of claimed, human, programmatic, provisional (nothing was imported)"),
    Bad("human label outside the rubric", "seed.csv", csv("case_id,text,expected", "r1,hi,refund", "r2,ho,Refnd"),
        "seed.csv row 2: case r2 has the human label 'Refnd', which the rubric does not have; it has refund, deny (nothing was imported; "
        "--quarantine takes the other 1)", HUMAN),
    # Times
    Bad("no timezone", "seed.csv", TIMES,
        "seed.csv: created_at has no timezone in 2 rows (1, 3); pass --tz, such as --tz UTC", {"columns": ["created_at=at"]}),
    Bad("ambiguous date", "seed.csv", csv("case_id,text,created_at", "r17,hi,03/04/2024"),
        "seed.csv row 1: case r17 has a created_at that cannot be read: '03/04/2024' can be two dates; write a day as 2026-12-25 (nothing was imported)"),
    Bad("not a time", "seed.csv", csv("case_id,text,created_at", "r17,hi,1709545200"),
        "seed.csv row 1: case r17 has a created_at that cannot be read: '1709545200' is no time as ISO 8601 has it; "
        "write one as 2026-12-25T10:00:00Z (nothing was imported)"),
    Bad("unknown timezone", "seed.csv", TIMES,
        "timezone 'CEST+1' is not known; write one such as UTC or Europe/Lisbon", {"columns": ["created_at=at"], "tz": "CEST+1"}),
    Bad("backfill date is ambiguous", "seed.csv", TWO,
        "--backfill-by '03/04/2027' can be two dates; write a day as 2026-12-25", {"label_kind": "provisional", "backfill_by": "03/04/2027"}),
    # Parquet and Excel
    Bad("damaged Parquet", "seed.parquet", parquet({"case_id": ["r1"], "text": ["hi"]})[:-20],
        "seed.parquet is no Parquet file, or it is cut off; write it again"),
    Bad("no Parquet", "seed.parquet", TWO,
        "seed.parquet is no Parquet file, or it is cut off; write it again"),
    Bad("Parquet without rows", "seed.parquet", parquet({"case_id": pa.array([], pa.string()), "text": pa.array([], pa.string())}),
        "seed.parquet has columns and no rows; write it again"),
    Bad("bytes in Parquet", "seed.parquet", parquet({"case_id": ["r1"], "text": ["hi"], "photo": [b"\x89PNG"]}),
        "seed.parquet column 'photo' holds bytes; write it as text"),
    Bad("no workbook", "seed.xlsx", TWO,
        "seed.xlsx is no Excel workbook, or it is damaged; save it as .xlsx again"),
    Bad("damaged workbook", "seed.xlsx", b"PK\x05\x06" + b"\0" * 18,
        "seed.xlsx is no Excel workbook, or it is damaged; save it as .xlsx again"),
    Bad("several sheets", "seed.xlsx", excel(("case_id", "text"), GOOD, sheets=("March", "April")),
        "seed.xlsx has 2 sheets; pass --sheet with one of March, April"),
    Bad("unknown sheet", "seed.xlsx", excel(("case_id", "text"), GOOD, sheets=("March", "April")),
        "seed.xlsx has no sheet 'May'; it has March, April", {"sheet": "May"}),
    Bad("never calculated", "seed.xlsx", excel(("case_id", "text"), ("r1", '="where is " & "it"')),
        "seed.xlsx holds formulas without values; open it in Excel and save it once"),
    Bad("a value beside the header", "seed.xlsx", excel(("case_id", "text"), ("r1", "hi", "stray")),
        "seed.xlsx sheet row 2 has 3 cells, the header has 2; name every column"),
    Bad("duplicate header in Excel", "seed.xlsx", excel(("case_id", "text", "text"), ("r1", "hi", "ho")),
        "seed.xlsx header: 'text' names two columns; rename one of them"),
    Bad("empty workbook", "seed.xlsx", excel(),
        "seed.xlsx is empty; export it again"),
]  # fmt: skip

RUBRIC = """version = "2026-03"
[expected]
refund = "Money goes back."
deny = "A courteous no."
"""


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """A workspace whose rubric expects refund or deny."""
    (workspace.root / "rubric.toml").write_text(RUBRIC, "utf-8")
    return workspace


def leftovers(shop: Workspace) -> list[Any]:
    """Return whatever an import could have left behind."""
    rows = [table.name for table in (CASES, LABELS, SEEDS) if len(shop.store.read(table))]
    return rows + [
        path.name for path in shop.root.rglob("*") if path.match("seeds/*") or path.match("quarantine/*")
    ]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.why)
def test_a_bad_file_is_refused_with_one_exact_sentence_and_leaves_nothing(
    bad: Bad, shop: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / (bad.name or "seed.csv")
    if bad.name:
        file.write_bytes(bad.content)

    with pytest.raises(WorkbenchError) as refused:
        import_seed(shop, file, **bad.options)

    assert str(refused.value) == bad.message.replace("FOLDER", str(tmp_path))
    assert leftovers(shop) == []


def test_the_catalogue_is_long_enough() -> None:
    """60 bad files with messages of their own kind, 20 odd but good ones."""
    assert len(BAD) >= 60
    assert len({bad.message for bad in BAD}) >= 60
    assert len(ODD) >= 20


LONG, MANY = "A" * 300_000, 100_000
STORED_ONCE = pa.DictionaryArray.from_arrays(pa.array([0] * MANY, pa.int32()), pa.array([LONG]))


def repeated() -> bytes:
    return parquet({"case_id": [f"r{n}" for n in range(MANY)], "text": STORED_ONCE}, store_schema=False)


def nested() -> bytes:
    said = pa.StructArray.from_arrays([pa.array(["user"] * MANY), STORED_ONCE], ["role", "content"])
    lists = pa.ListArray.from_arrays(pa.array(range(MANY + 1), pa.int32()), said)
    return parquet({"case_id": [f"r{n}" for n in range(MANY)], "turns": lists}, store_schema=False)


def endless() -> bytes:
    rows = pa.DictionaryArray.from_arrays(
        pa.array([0] * 20_000_000, pa.int32()), pa.array(["where is it????"])
    )
    return parquet({"text": rows}, store_schema=False)


def one_cell() -> bytes:
    return parquet(
        {"case_id": ["r1"], "text": ["A" * 300_000_000]},
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
    )


def brackets() -> bytes:
    return gzip.compress(b'{"case_id":"r1","turns":[' + b"[]," * 50_000_000 + b"[]]}", mtime=0)


GROWS = "becomes more than 200 times larger when it is unpacked; unpack it and look inside"
FILLS = "holds more than 200 MB when it is unpacked; split it into smaller files"
BOMBS = {
    "letters.csv.gz": (bomb, GROWS),
    "brackets.jsonl.gz": (brackets, GROWS),
    "padding.xlsx": (inflated, FILLS),
    "repeated.parquet": (repeated, FILLS),
    "nested.parquet": (nested, FILLS),
    "cell.parquet": (one_cell, FILLS),
    "rows.parquet": (endless, "has more than 200,000 rows; split it into smaller files"),
}
"""Small files that unpack to hundreds of megabytes or to gigabytes."""

READ = """
import sys
from workbench.exchange import files
try:
    files.read(sys.argv[1])
except ValueError as error:
    print(error)
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) // 1000)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_fills_the_memory(name: str, tmp_path: Path) -> None:
    """Each unpacks to 300 MB or more; the process that refuses it stays under 300 MB in all."""
    file = tmp_path / name
    made, message = BOMBS[name]
    file.write_bytes(made())

    done = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True)
    told, megabytes = done.stdout.splitlines()

    assert len(file.read_bytes()) < 2_000_000
    assert told == f"{name} {message}"
    assert int(megabytes) < 300


def test_a_case_that_is_known_with_another_content_is_refused(shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "seed.csv"
    file.write_bytes(csv("case_id,text", "r1,where is it????"))
    import_seed(shop, file)
    file.write_bytes(csv("case_id,text", "r2,hello", "r1,where is it now????"))

    with pytest.raises(WorkbenchError) as refused:
        import_seed(shop, file)

    assert str(refused.value) == (
        "seed.csv row 2: case r1 is in the store with another content, not 'where is it now????'; a case never "
        "changes, so give it a new id (nothing was imported; --quarantine takes the other 1)"
    )
    assert shop.cases["case_id"].tolist() == ["r1"]


def test_nothing_to_import_is_left_when_every_case_is_bad(shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "seed.csv"
    file.write_bytes(csv("case_id,text", "r1,", "r2,"))

    with pytest.raises(WorkbenchError) as refused:
        import_seed(shop, file, quarantine=True)

    assert str(refused.value).startswith(
        "seed.csv: 2 of 2 cases are bad (nothing was imported)\n  row 1: case r1 has no"
    )
    assert leftovers(shop) == []


def test_a_message_shows_the_first_five_of_many_bad_cases(shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "seed.csv"
    file.write_bytes(csv("case_id,text", "good,hello", *(f"r{number}," for number in range(1, 9))))

    with pytest.raises(WorkbenchError) as refused:
        import_seed(shop, file)

    head, *rows, more = str(refused.value).splitlines()
    assert head == "seed.csv: 8 of 9 cases are bad (nothing was imported; --quarantine takes the other 1)"
    assert [row.split(":")[0] for row in rows] == ["  row 2", "  row 3", "  row 4", "  row 5", "  row 6"]
    assert more == "  and 3 more"


def test_excel_without_its_extra_says_what_to_install(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "seed.xlsx"
    file.write_bytes(excel(("case_id", "text"), GOOD))
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(WorkbenchError) as refused:
        import_seed(shop, file)

    assert str(refused.value) == 'seed.xlsx: Excel files need an extra; pip install "workbench[excel]"'


CANDIDATES = csv("case_id,text,parent_ids", "m1,wehre is it????,r1")

GENERATED = {"bucket": "prompted", "generator": "unknown"}
MUTATED = {"bucket": "mutation", "generator": "programmatic"}

BAD_CANDIDATES = [
    Bad("a bucket that is none", "cases.csv", CANDIDATES,
        "--bucket 'synthetic' is none of golden, prompted, persona, mutation, redteam",
        {"bucket": "synthetic", "generator": "unknown"}),
    Bad("the seed as a bucket", "cases.csv", CANDIDATES,
        "--bucket 'seed' is none of golden, prompted, persona, mutation, redteam; real cases come in with import seed",
        {"bucket": "seed"}),
    Bad("a family that is none", "cases.csv", CANDIDATES,
        "family 'gpt' is not vendor/line (such as anthropic/opus), unknown, human, programmatic or demo",
        {"bucket": "mutation", "generator": "gpt"}),
    Bad("no generator", "cases.csv", TWO,
        "cases.csv: 2 of 2 cases are bad (nothing was imported)\n"
        "  row 1: case r1 has no generator_family; pass --generator VENDOR/LINE, or unknown\n"
        "  row 2: case r2 has no generator_family; pass --generator VENDOR/LINE, or unknown",
        {"bucket": "prompted"}),
    Bad("a generator column that is no family", "cases.csv", csv("case_id,text,generator_family", "m1,hi,gpt"),
        "cases.csv row 1: case m1 has generator_family 'gpt', which is no family; write vendor/line, unknown, human, "
        "programmatic or demo (nothing was imported)",
        {"bucket": "prompted"}),
    Bad("golden by nobody", "cases.csv", csv("case_id,text", "g1,hi"),
        "cases.csv row 1: case g1 has no author; pass --author NAME, or --column author=SOURCE (nothing was imported)",
        {"bucket": "golden"}),
    Bad("an unknown parent", "cases.csv", CANDIDATES,
        "cases.csv row 1: case m1 has the parent r1, which is neither in the store nor a good case of this file; "
        "import it first (nothing was imported)",
        MUTATED),
    Bad("its own parent", "cases.csv", csv("case_id,text,parent_ids", "m1,hi,m1"),
        "cases.csv row 1: case m1 names itself as its parent; name the case it was made from (nothing was imported)",
        MUTATED),
    Bad("no list of parents", "cases.jsonl", jsonl({"case_id": "m1", "text": "hi", "parent_ids": 1.5}),
        "cases.jsonl line 1: case m1 has parent_ids '1.5', which is no list of case ids; write r17, r18 "
        "(nothing was imported)",
        MUTATED),
    Bad("a cost below nothing", "cases.csv", csv("case_id,text,cost_usd", "m1,hi,-3"),
        "cases.csv row 1: case m1 has cost_usd '-3', which is no number from 0; write a number such as 0.05 "
        "(nothing was imported)",
        GENERATED),
    Bad("a reviewer without a day", "cases.csv", TWO,
        "--reviewed-by and --reviewed-on belong together; pass both or neither",
        GENERATED | {"reviewed_by": "Reviewer A"}),
    Bad("a review in the future", "cases.csv", TWO,
        "--reviewed-on '2999-01-01' is in the future; write the day of the review",
        GENERATED | {"reviewed_by": "Reviewer A", "reviewed_on": "2999-01-01"}),
    Bad("a day that can be two", "cases.csv", TWO,
        "--reviewed-on '03/04/2026' can be two dates; write a day as 2026-12-25",
        GENERATED | {"reviewed_by": "Reviewer A", "reviewed_on": "03/04/2026"}),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_CANDIDATES, ids=lambda bad: bad.why)
def test_a_bad_file_of_candidates_is_refused_with_one_exact_sentence(
    bad: Bad, shop: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / bad.name
    file.write_bytes(bad.content)

    with pytest.raises(WorkbenchError) as refused:
        import_cases(shop, file, **bad.options)

    assert str(refused.value) == bad.message
    assert leftovers(shop) == []


@dataclass(frozen=True)
class Odd:
    """A file that looks wrong and is not, and what its case must say, character by character."""

    why: str
    name: str
    content: bytes
    said: str | list[tuple[str, str]]
    options: dict[str, Any] = field(default_factory=dict)
    id: str = "r17"


def calculated(formula: str, value: str) -> bytes:
    """Return a workbook with a formula and the value that Excel stored for it."""
    out = io.BytesIO()
    made = excel(("case_id", "text"), ("r17", f"={formula}"))
    with zipfile.ZipFile(io.BytesIO(made)) as book, zipfile.ZipFile(out, "w") as stored:
        for part in book.namelist():
            data = (
                book.read(part).replace(b"<v />", b"<v></v>").replace(b"<v></v>", f"<v>{value}</v>".encode())
            )
            stored.writestr(part, data.replace(b'<c r="B2">', b'<c r="B2" t="str">'))
    return out.getvalue()


def zeros() -> bytes:
    """Return a workbook whose id is the number 42 shown as 00042."""
    book = openpyxl.Workbook()
    book.active.append(("case_id", "text"))
    book.active.append((42, "where is it????"))
    book.active["A2"].number_format = "00000"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FRENCH = "où est mon colis ?"
CHAT = [("user", "where is it????"), ("assistant", "On its way."), ("user", "liar")]
OPENAI = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "where is it????"}]

ODD = [
    # Encodings and separators
    Odd("a byte-order mark", "seed.csv", b"\xef\xbb\xbf" + cell(FRENCH), FRENCH),
    Odd("a byte-order mark in JSONL", "seed.jsonl", b"\xef\xbb\xbf" + turns(("user", FRENCH)), FRENCH),
    Odd("UTF-16 with its mark", "seed.csv", cell(FRENCH).decode().encode("utf-16"), FRENCH),
    Odd("a named encoding", "seed.csv", cell(FRENCH).decode().encode("cp1252"), FRENCH, {"encoding": "cp1252"}),
    Odd("semicolons", "seed.csv", b"case_id;text\nr17;where is it, please\n", "where is it, please"),
    Odd("Excel's line about the separator", "seed.csv", b"sep=;\r\ncase_id;text\r\nr17;hi, there\r\n", "hi, there"),
    Odd("tabs", "seed.tsv", b'case_id\ttext\nr17\twhere is it, "exactly"?\n', 'where is it, "exactly"?'),
    Odd("gzip", "seed.csv.gz", gzip.compress(cell(FRENCH), mtime=0), FRENCH),
    Odd("gzip under a plain name", "seed.csv", gzip.compress(cell(FRENCH), mtime=0), FRENCH),
    Odd("line ends of an old Mac", "seed.csv", b"case_id,text\rr17,where is it????\r", "where is it????"),
    Odd("no last line end", "seed.csv", b"case_id,text\nr17,where is it????", "where is it????"),
    Odd("blank and empty rows", "seed.csv", b"\ncase_id,text\n\n,\nr17,where is it????\n\n,\n", "where is it????"),
    Odd("line breaks in a quoted field", "seed.csv", b'case_id,text\nr17,"it came\r\nbroken,\n""again"""\n', 'it came\r\nbroken,\n"again"'),
    Odd("a line separator inside a message", "seed.jsonl", turns(("user", "one\u2028two\x85three")), "one\u2028two\x85three"),
    # Text that libraries convert
    *(Odd(f"the message {text!r}", "seed.csv", cell(text), text)
      for text in ("NA", "null", "None", "n/a", "NaN", "true", "1e5", "00042", "2026-03-04", "-", "?")),
    Odd("a number for a message", "seed.jsonl", b'{"case_id": "r17", "text": 1.50}\n', "1.50"),
    Odd("a message in a column named date", "seed.csv", csv("case_id,date", "r17,3/4"), "3/4", {"columns": ["text=date"]}),
    Odd("space around a message", "seed.csv", cell("  where is it \t\n"), "  where is it \t\n"),
    Odd("decomposed accents", "seed.csv", cell("ou\u0300 est-il ?"), "ou\u0300 est-il ?"),
    Odd("bidirectional override, homoglyphs, zero width", "seed.csv", cell("\u202egpj.exe\u202c p\u0430ypal re\u200bfund"),
        "\u202egpj.exe\u202c p\u0430ypal re\u200bfund"),
    Odd("a control character", "seed.jsonl", turns(("user", "\x16")), "\x16"),
    Odd("an emoji of seven characters", "seed.csv", cell("👨‍👩‍👧‍👦 😡"), "👨‍👩‍👧‍👦 😡"),
    Odd("a formula for a spreadsheet", "seed.csv", cell("=HYPERLINK(1+1)"), "=HYPERLINK(1+1)"),
    Odd("markup", "seed.csv", cell("</script><img src=x onerror=alert(1)>"), "</script><img src=x onerror=alert(1)>"),
    Odd("200,000 characters", "seed.csv", cell("where is it? ok. " * 11_765), "where is it? ok. " * 11_765),
    Odd("half a surrogate pair", "seed.jsonl", b'{"case_id": "r17", "text": "so angry \\ud83d"}\n', "so angry \ufffd"),
    Odd("a whole surrogate pair", "seed.jsonl", b'{"case_id": "r17", "text": "\\ud83d\\ude21"}\n', "😡"),
    # Conversations
    Odd("a bracket at the start", "seed.csv", cell("[whats app] my order never came"), "[whats app] my order never came"),
    Odd("a brace at the start", "seed.csv", cell("{order} never came"), "{order} never came"),
    Odd("JSON that a customer pasted", "seed.csv", cell('{"order": 4711} is wrong'), '{"order": 4711} is wrong'),
    Odd("Python that a customer pasted", "seed.csv", cell("{'order': 4711} is wrong"), "{'order': 4711} is wrong"),
    Odd("whole JSON that a customer pasted", "seed.csv", cell('[{"sku": 1}]'), '[{"sku": 1}]'),
    Odd("turns of a shop", "seed.jsonl", turns(("Customer", "where is it????"), ("agent", "On its way."), ("client", "liar")), CHAT),
    Odd("OpenAI messages", "seed.jsonl", jsonl({"case_id": "r17", "messages": OPENAI}),
        [("system", "Be brief."), ("user", "where is it????")]),
    Odd("OpenAI messages with parts and a tool call", "seed.jsonl",
        jsonl({"case_id": "r17", "messages": [
            {"role": "user", "content": [{"type": "text", "text": "broken:"}, {"type": "image_url", "image_url": {"url": "x"}}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}]},
            {"role": "tool", "tool_call_id": "c1", "content": "order 4711: delivered"}]}),
        [("user", "broken:\n[image]"), ("assistant", "[tool call]"), ("tool", "order 4711: delivered")]),
    Odd("Anthropic blocks", "seed.jsonl",
        jsonl({"case_id": "r17", "conversation": {"system": "Be brief.", "messages": [
            {"role": "user", "content": "where is it????"},
            {"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, {"type": "tool_use", "id": "t1"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "lost"}]}]}}),
        [("system", "Be brief."), ("user", "where is it????"), ("assistant", "Let me look.\n[tool call]"), ("tool", "[tool result]")]),
    Odd("a conversation in an object", "seed.jsonl",
        jsonl({"case_id": "r17", "conversation": {"conversation": [{"role": "human", "text": "hi"}, {"role": "bot", "text": "Hello!"}]}}),
        [("user", "hi"), ("assistant", "Hello!")]),
    Odd("a conversation as JSON in a cell", "seed.csv", cell(json.dumps({"turns": [{"role": "user", "text": FRENCH}]})), FRENCH),
    Odd("from and value", "seed.jsonl", jsonl({"case_id": "r17", "turns": [{"from": "human", "value": "hi"}]}), "hi"),
    # Ids
    Odd("an id with zeros", "seed.csv", csv("case_id,text", "00042,hi"), "hi", id="00042"),
    Odd("an id like a float", "seed.csv", csv("case_id,text", "1e5,hi"), "hi", id="1e5"),
    Odd("an id of 23 digits", "seed.jsonl", b'{"case_id": 12345678901234567890123, "text": "hi"}\n', "hi", id="12345678901234567890123"),
    Odd("a foreign id", "seed.csv", csv("case_id,text", "ticket #4711,hi"), "hi", id="ticket-4711-0478fce4"),
    # Parquet and Excel
    Odd("turns in Parquet", "seed.parquet",
        parquet({"case_id": ["r17"], "turns": [[{"role": "user", "content": "where is it????"}, {"role": "agent", "content": "On its way."}]]}),
        [("user", "where is it????"), ("assistant", "On its way.")]),
    Odd("a dictionary in Parquet", "seed.parquet", parquet({"case_id": ["r17"], "text": pa.array(["NA"]).dictionary_encode()}), "NA"),
    Odd("an id shown with zeros", "seed.xlsx", zeros(), "where is it????", id="00042"),
    Odd("a date for a message", "seed.xlsx", excel(("case_id", "text"), ("r17", dt.date(2026, 3, 4))), "2026-03-04T00:00:00"),
    Odd("a formula with its value", "seed.xlsx", calculated("1&amp;2", "where is it????"), "where is it????"),
    Odd("one sheet of several", "seed.xlsx", excel(("case_id", "text"), ("r17", "NA"), sheets=("March", "April")), "NA", {"sheet": "March"}),
    Odd("a workbook with a character that XML cannot hold", "seed.xlsx", excel(("case_id", "text"), ("r17", "broken_x000D_again")), "broken\ragain"),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.why)
def test_an_odd_but_good_file_comes_in_character_by_character(
    odd: Odd, shop: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / odd.name
    file.write_bytes(odd.content)

    import_seed(shop, file, **odd.options)
    case = shop.cases.iloc[0]

    said = [("user", odd.said)] if isinstance(odd.said, str) else odd.said
    assert [(turn["role"], turn["text"]) for turn in case["turns"]] == said
    assert case["case_id"] == odd.id
    assert case["content_sha256"] == content_sha256([{"role": role, "text": text} for role, text in said])


TOKENS = [*rb"""" , { } [ ] ' NaN "role" \ud800""".split(), b"\n", b"\r", b"\0", b"\xff", b"9" * 400]


@pytest.mark.parametrize("odd", [odd for odd in ODD if len(odd.content) < 20_000], ids=lambda odd: odd.why)
def test_damage_anywhere_is_a_sentence_or_a_case_that_the_store_can_hold(odd: Odd, tmp_path: Path) -> None:
    """Bytes are cut, changed and put in at seeded places; whatever is raised is ours."""
    chance = random.Random(odd.why)
    file = tmp_path / odd.name
    declared = Declared(bucket="seed", at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC))
    messages = []
    for _ in range(20):
        place, data = chance.randrange(len(odd.content)), odd.content
        cut = place + chance.choice([0, 1, 7])
        file.write_bytes(data[:place] + chance.choice([b"", *TOKENS, chance.randbytes(1)]) + data[cut:])
        try:
            records = files.read(file)
            found = cases_from(records, Mapping.of(odd.options.get("columns", ())), SEED_COLUMNS, declared)
        except WorkbenchError as refused:
            messages.append(str(refused))
            continue
        rows = [entry.case | {"root_id": entry.case_id, "split": "eval"} for entry in found.entries]
        assert len(CASES.frame(rows)) + len(found.problems) == found.total

    assert all(messages)
