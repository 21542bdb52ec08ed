"""Settings: every mistake is named with its line and what was meant."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import SettingsError
from workbench.settings import Lexicon, Rubric, Settings, read

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"workbench.toml": Settings, "rubric.toml": Rubric, "lexicon.toml": Lexicon}


def _message(tmp_path: Path, text: str, *, name: str = "workbench.toml") -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read(FILES[name], tmp_path / name)
    return str(caught.value)


MISTAKES = {
    "a margin wider than an owner may declare": (
        "[gate]\nmargin_pp = 7",
        "line 2: [gate] margin_pp = 7 is above 5; an owner may predeclare up to 5",
    ),
    "no margin at all": (
        "[gate]\nmargin_pp = 0",
        "line 2: [gate] margin_pp = 0 is not above 0; a margin of 0 points can never be shown",
    ),
    "alpha as a percentage": (
        "[gate]\nalpha = 5",
        "line 2: [gate] alpha = 5 is above 0.2; more than one false alarm in five is no gate",
    ),
    "a floor that decides nothing": (
        "[gate]\nfloor_roots = 5",
        "line 2: [gate] floor_roots = 5 is below 10; a group under 10 roots is descriptive and decides nothing",
    ),
    "a whole number with a fraction": (
        "[gate]\nfloor_roots = 50.5",
        "line 2: [gate] floor_roots = 50.5 is not a whole number",
    ),
    "a share of a slice that nobody declared": (
        '[seed]\nslices = ["late"]\n[shares]\nlate = 0.5\n"latte" = 0.5',
        "line 5: [shares] latte names no slice of [seed] and no cell of [grid]; a cell is written level/level",
    ),
    "shares of production that are not all of it": (
        "[shares]\nlate = 0.5",
        "line 1: [shares] adds up to 0.5; shares add up to 1",
    ),
    "not a number": ("[gate]\nmargin_pp = nan", "line 2: [gate] margin_pp = nan is not a finite number"),
    "a number in quotes": (
        '[gate]\nmargin_pp = "3"',
        "line 2: [gate] margin_pp = '3' is not a number; write it without quotes",
    ),
    "true where a number belongs": (
        "[gate]\nmargin_pp = true",
        "line 2: [gate] margin_pp = true is not a number",
    ),
    "a switch in quotes": (
        'demo = "yes"',
        "line 1: demo = 'yes' is not true or false; write it without quotes",
    ),
    "a misspelt name": (
        "[gate]\nmargin = 3",
        "line 2: [gate] margin = 3 is not known; did you mean margin_pp?",
    ),
    "a misspelt section": (
        "# ours\n\n[gatte]\nalpha = 0.1",
        "line 3: [gatte] is not known; did you mean gate?",
    ),
    "a name that nothing resembles": (
        "[weights]\nredteam = 1.0",
        "line 2: [weights] redteam = 1.0 is not known; known are real, synthetic, golden",
    ),
    "a text where a list belongs": (
        '[seed]\nslices = "delay"',
        "line 2: [seed] slices = 'delay' is not a list in square brackets",
    ),
    "a number in a list of texts": (
        '[seed]\nslices = ["delay", 3]',
        "line 2: [seed] slices entry 2 = 3 is not a text in quotes",
    ),
    "a slice named twice": (
        '[seed]\nslices = ["delay", "damaged", "delay"]',
        "line 2: [seed] slices names 'delay' twice; keep one",
    ),
    "a section that is a text": (
        'seed = "chats.csv"',
        "line 1: seed = 'chats.csv' is not a section, or a table in { }",
    ),
    "an axis without levels": (
        "[grid.axes]\ncustomer = []",
        "line 2: [grid] axes.customer is empty; name at least one",
    ),
    "a level that no tag can hold": (
        '[grid.axes]\ncustomer = ["very angry"]',
        "line 2: [grid] axes.customer entry 1 = 'very angry' does not match [A-Za-z0-9_.+-]{1,64}; it becomes part of tags",
    ),
    "an axis that no tag can hold": (
        '[grid.axes]\n"user/type" = ["new"]',
        "line 2: [grid] axes.user/type has a name that does not match [A-Za-z0-9_.+-]{1,64}; it becomes part of tags",
    ),
    "no candidate per cell": (
        "[grid]\nn = 0",
        "line 2: [grid] n = 0 is below 1; a cell gets at least one candidate",
    ),
    "a mask of an unknown axis": (
        '[grid]\nmasks = [{ custmer = "new" }]\n[grid.axes]\ncustomer = ["new"]',
        "line 2: [grid] masks entry 1 names the axis 'custmer'; [grid.axes] has customer",
    ),
    "a mask of an unknown level": (
        '[grid]\nmasks = [{ customer = "old" }]\n[grid.axes]\ncustomer = ["new", "regular"]',
        "line 2: [grid] masks entry 1 names the level 'old'; customer has new, regular",
    ),
    "an empty persona": (
        '[personas]\nangry = " "',
        "line 2: [personas] angry = ' ' is empty; write a text, or leave the line out",
    ),
    "an unknown provider": (
        '[roles]\ngrader = { provider = "antropic", model = "m", family = "anthropic/opus" }',
        "line 2: [roles] grader.provider = 'antropic' is none of anthropic, openai, replay; did you mean anthropic?",
    ),
    "a role without a model": (
        '[roles.grader]\nprovider = "anthropic"\nfamily = "anthropic/opus"',
        "line 1: [roles] grader lacks model",
    ),
    "a family without a line": (
        '[roles.grader]\nprovider = "replay"\nmodel = "m"\nfamily = "Opus 4"',
        "line 4: [roles] grader.family = 'Opus 4' is not vendor/line (such as anthropic/opus), unknown, human, programmatic or demo",
    ),
    "a mix in per cent": (
        "[mix]\nours = { seed = 70, golden = 0.3 }",
        "line 2: [mix] ours.seed = 70 is above 1; a share lies between 0 and 1, so write 0.7 for 70 %",
    ),
    "a mix that does not add up": (
        "[mix]\nours = { seed = 0.7, golden = 0.2 }",
        "line 2: [mix] ours adds up to 0.9; shares add up to 1",
    ),
    "a mix of an unknown bucket": (
        "[mix]\nours = { seeds = 1.0 }",
        "line 2: [mix] ours.seeds = 1.0 is not known; did you mean seed?",
    ),
    "a negative cost": (
        "[costs]\npersona = -1",
        "line 2: [costs] persona = -1 is below 0; a cost in dollars is not negative",
    ),
    "a name set twice": (
        "[gate]\nalpha = 0.05\nalpha = 0.1",
        "line 3: this name stands here a second time; keep one; found 'alpha = 0.1'",
    ),
    "a section set twice": (
        "[gate]\nalpha = 0.05\n[seed]\n[gate]\n",
        "line 4: this section stands here a second time; put both together; found '[gate]'",
    ),
    "a text without quotes": (
        "[seed]\nowner = Kim",
        "line 2: the value is not TOML; texts need quotes, and true and false are written small; found 'owner = Kim'",
    ),
    "a text that is not closed": (
        '[seed]\nowner = "Kim',
        "line 2: a text is not closed; put a quotation mark at its end; found 'owner = \"Kim'",
    ),
    "a list that is not closed": (
        '[seed]\nslices = ["a",\n"b"\n',
        "line 3: a list is not closed; put ] at its end; found '\"b\"'",
    ),
    "a name without a value": ("owner", "line 1: a name needs = and a value behind it; found 'owner'"),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_named_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert _message(tmp_path, text) == f"workbench.toml {expected}"


def test_every_mistake_of_a_file_is_listed_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = (
        "[personas]\nangry = 5\n\n[gate]\n# the owner's wish\nmargin_pp = 9\nfloor = 1\n\n[seed]\nowner = 3\n"
    )
    assert _message(tmp_path, text).split("\n") == [
        "workbench.toml line 2: [personas] angry = 5 is not a text in quotes",
        "workbench.toml line 6: [gate] margin_pp = 9 is above 5; an owner may predeclare up to 5",
        "workbench.toml line 7: [gate] floor = 1 is not known; did you mean floor_roots?",
        "workbench.toml line 10: [seed] owner = 3 is not a text in quotes",
    ]


def test_a_line_is_found_behind_long_texts_that_look_like_settings(tmp_path: Path) -> None:
    text = 'policy = """\nversion = 3\n[expected]\nrefund = 1\n"""\nchecklist = [\n  "one",\n  "two",\n]\n\n[expected]\nrefund = 1\n'
    assert (
        _message(tmp_path, text, name="rubric.toml")
        == "rubric.toml line 12: [expected] refund = 1 is not a text in quotes"
    )


def test_a_rubric_version_is_a_text_and_not_a_number(tmp_path: Path) -> None:
    assert (
        _message(tmp_path, "version = 2", name="rubric.toml")
        == "rubric.toml line 1: version = 2 is not a text in quotes"
    )


def test_a_lexicon_names_its_unknown_entries(tmp_path: Path) -> None:
    assert (
        _message(tmp_path, 'signature_word = ["delve"]', name="lexicon.toml")
        == "lexicon.toml line 1: signature_word is not known; did you mean signature_words?"
    )


@pytest.mark.parametrize(
    "text",
    [
        '[roles.grader]\nprovider = "openai"\nmodel = "m"\nfamily = "a/b"\napi_key = "hunter2-hunter2"',
        '[store]\nurl = "postgresql://shop:hunter2-hunter2@db/eval"',
        '[store]\nurl = "postgresql://shop:hunter2-hunter2@db/eval',
        "api_key = hunter2-hunter2",
        '[store]\nurl = "postgresql://shop@db/eval?password=hunter2-hunter2"',
        '[store]\nurl = "postgresql://shop@db/eval?sslmode=require&sslpassword=hunter2-hunter2"',
        '[store]\nurl = "postgresql://shop@db/eval?p%61ssword=hunter2-hunter2"',
        '[store]\nurl = "postgresql://shop@db/eval&password=hunter2-hunter2"',
        '[store]\nurl = "postgresql+psycopg://shop:hunter2/hunter2@db/eval"',
        '[store]\nurl = "shop:hunter2-hunter2@db/eval"',
        '[store]\nurll = "postgresql://shop:hunter2-hunter2@db/eval"',
        'url = "postgresql://shop@db/eval?password=hunter2-hunter2"',
        "[store]\nurl = postgresql://db/eval?pwd=hunter2-hunter2",
        '[seed]\nslices = "sk-hunter2-hunter2-hunter2"',
        '[roles.grader]\nprovider = "openai"\nmodel = "m"\nfamily = "a/b"\nbase_url = "https://llm.example/v1?api_key=hunter2"',
        '[roles.grader]\nprovider = "openai"\nmodel = "m"\nfamily = "a/b"\nbase_url = "https://llm.example/v1#access_token=hunter2"',
        '[roles.grader]\nprovider = "openai"\nmodel = "m"\nfamily = "a/b"\nbase_url = "https://llm.example/sk-hunter2-hunter2-hunter2"',
    ],
)
def test_what_may_be_a_key_is_refused_and_never_repeated(tmp_path: Path, text: str) -> None:
    message = _message(tmp_path, text)
    assert "hunter2" not in message
    assert re.match(r"workbench\.toml line \d: ", message)


def test_an_address_with_a_secret_is_told_where_it_belongs(tmp_path: Path) -> None:
    assert _message(tmp_path, '[store]\nurl = "postgresql://shop@db/eval?password=hunter2"') == (
        "workbench.toml line 2: [store] url holds a password or key; "
        "a key never stands in a settings file, put it into the environment"
    )


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/shop@home/workbench.db",
        "postgresql://shop@db:5432/eval",
        "postgresql://db:5432/eval?application_name=shop:eval&options=-c%20statement_timeout=5",
        "postgresql:///eval?host=/run/postgresql&user=shop",
        "postgresql://shop@db/eval?sslmode=verify-full&sslkey=/srv/shop.pem&passfile=/srv/pgpass",
    ],
)
def test_an_address_without_a_secret_may_stand(tmp_path: Path, url: str) -> None:
    (tmp_path / "workbench.toml").write_text(f'[store]\nurl = "{url}"\n', "utf-8")

    assert read(Settings, tmp_path / "workbench.toml").store.url == url


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_bytes("[seed]\nowner = 'Zoë'\n".encode("cp1252"))
    with pytest.raises(
        SettingsError, match=r"^workbench.toml line 2: not UTF-8; save the file again as UTF-8$"
    ):
        read(Settings, tmp_path / "workbench.toml")


def test_a_missing_file_says_where_a_bare_one_is_to_be_had(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    with pytest.raises(
        SettingsError, match=r"^rubric.toml is missing in the workspace shop; `workbench init` in a new"
    ):
        read(Rubric, folder / "rubric.toml")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_bytes(b"\xef\xbb\xbf[gate]\r\nmargin_pp = 5\r\n")
    assert read(Settings, tmp_path / "workbench.toml").gate.margin_pp == 5


def test_defaults_are_those_of_the_rules() -> None:
    settings = Settings()
    assert (settings.gate.margin_pp, settings.gate.alpha, settings.gate.floor_roots) == (3, 0.05, 50)
    assert settings.costs.model_dump() == {"prompted": 1, "mutation": 0.5, "persona": 1.5, "redteam": 3}
    assert (settings.demo, settings.mix, settings.weights, settings.store.url) == (False, {}, {}, "")


def test_reasons_may_be_a_plain_list() -> None:
    assert Rubric.model_validate({"reasons": ["unrealistic", "caricature"]}).reasons == {
        "unrealistic": "",
        "caricature": "",
    }


@pytest.mark.parametrize("name", FILES)
def test_a_bare_template_holds_the_defaults_and_nothing_else(name: str) -> None:
    text = (resources.files("workbench") / "templates" / name).read_text("utf-8")
    assert FILES[name].model_validate(tomllib.loads(text)) == FILES[name]()


@pytest.mark.parametrize("name", FILES)
def test_a_template_explains_every_option_and_each_may_be_switched_on(tmp_path: Path, name: str) -> None:
    text = (resources.files("workbench") / "templates" / name).read_text("utf-8")
    # An option is a comment without a blank behind the #, an explanation has one.
    (tmp_path / name).write_text(re.sub(r"(?m)^#(?=\S)", "", text), encoding="utf-8")
    options = read(FILES[name], tmp_path / name).model_dump(exclude_unset=True)
    assert set(options) == set(FILES[name].model_fields)
    if name == "workbench.toml":
        sections = {
            section: set(options[section]) for section in ("seed", "grid", "roles", "gate", "costs", "store")
        }
        declared = {s: set(Settings.model_fields[s].annotation.model_fields) for s in sections}
        assert sections == declared
        assert options["gate"] == Settings().gate.model_dump()
        assert options["costs"] == Settings().costs.model_dump()


def test_shares_name_slices_cells_or_where_no_slice_is_declared_anything(tmp_path: Path) -> None:
    shares = '[shares]\nlate = 0.5\n"angry/parcel" = 0.5\n'
    axes = '[grid.axes]\nvoice = ["angry", "terse"]\ntopic = ["parcel"]\n'
    path = tmp_path / "workbench.toml"
    for text in (shares, f'[seed]\nslices = ["late"]\n{axes}{shares}'):
        path.write_text(text, "utf-8")

        assert read(Settings, path).shares == {"late": 0.5, "angry/parcel": 0.5}


@given(st.text(max_size=60))
def test_no_text_whatever_gives_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read(Settings, path)
    except SettingsError as error:
        assert str(error).startswith("any.toml line ")  # noqa: PT017 - most texts are no settings, some are
