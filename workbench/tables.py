"""Every table, declared once.

The check at public entrances, the database schema and the data dictionary are read from here.
A fact is a row that is never changed; what is true now is folded from the rows (`workbench.folds`).
"""

from __future__ import annotations

from workbench.columns import Column, Table
from workbench.provenance import BUCKETS, FAMILY_PATTERN, ID_PATTERN, SHA256_PATTERN, TAG_PATTERN

SPLITS = ("train", "eval", "holdout")
OUTCOMES = ("pass", "fail", "error", "unscored")
LABEL_KINDS = ("human", "programmatic", "provisional", "inherited", "claimed")
VERDICTS = ("SHIP", "BLOCK", "NO VERDICT", "REFUSED")
EVENTS = ("shown", "keep", "reject", "revise", "skip", "undo", "note", "resume", "adjudicate", "imported")
IDENTITIES = ("hub", "given", "asked")
MODEL_PATTERN = r"(?s).{1,200}"

CASES = Table(
    name="cases",
    row="a case or candidate, immutable",
    key=("case_id",),
    columns=(
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case's name"),
        Column(
            name="turns", kind="json", meaning="[{role, text}]; empty for a stub whose text is not to be had"
        ),
        Column(name="context", kind="json", nullable=True, meaning="facts, documents [{id, text}], steps"),
        Column(name="bucket", kind="text", allowed=BUCKETS, meaning="where the case comes from"),
        Column(name="tag", kind="text", pattern=TAG_PATTERN, meaning="readable provenance"),
        Column(name="author", kind="text", nullable=True, meaning="who wrote it by hand"),
        Column(name="parent_ids", kind="json", meaning="the cases it descends from; empty for none"),
        Column(name="root_id", kind="text", pattern=ID_PATTERN, meaning="its root when it was added"),
        Column(name="slice", kind="text", nullable=True, meaning="the owner's own subset, e.g. a topic"),
        Column(
            name="cell", kind="text", nullable=True, meaning="one level per axis, e.g. angry_escalator/delay"
        ),
        Column(name="persona", kind="text", nullable=True, meaning="the persona blurb it was prompted with"),
        Column(name="must_hold", kind="flag", meaning="declared at import: the candidate must not lose it"),
        Column(name="operators", kind="json", meaning="mutation operators in their order, with spans"),
        Column(name="taxonomy", kind="json", meaning="[{framework, version, id, name}] of a red-team case"),
        Column(name="hint_ids", kind="json", meaning="the real cases shown as style hints"),
        Column(name="generator_provider", kind="text", nullable=True, meaning="who served the generator"),
        Column(name="generator_model", kind="text", nullable=True, meaning="the model that wrote the input"),
        Column(
            name="generator_family",
            kind="text",
            nullable=True,
            pattern=FAMILY_PATTERN,
            meaning="vendor/line of the generator, unknown, human, programmatic or demo",
        ),
        Column(
            name="prompt_sha256", kind="text", nullable=True, pattern=SHA256_PATTERN, meaning="of the prompt"
        ),
        Column(name="call_id", kind="text", nullable=True, meaning="the paid call that wrote it"),
        Column(
            name="split",
            kind="text",
            allowed=SPLITS,
            meaning="train gives hints, eval decides, holdout rests",
        ),
        Column(name="created_at", kind="time", meaning="when it was added", unit="UTC"),
        Column(
            name="content_sha256",
            kind="text",
            nullable=True,
            pattern=SHA256_PATTERN,
            meaning="of turns and context; missing for a stub",
        ),
        Column(name="cost_usd", kind="number", nullable=True, low=0, unit="USD", meaning="of generating it"),
        Column(name="extra", kind="json", meaning="further fields of the source, by name"),
    ),
)

LABELS = Table(
    name="labels",
    row="an expected outcome of a case",
    key=("label_id",),
    columns=(
        Column(name="label_id", kind="text", pattern=SHA256_PATTERN, meaning="hash of the row"),
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case"),
        Column(name="expected", kind="text", meaning="the expected outcome, by the rubric"),
        Column(name="kind", kind="text", allowed=LABEL_KINDS, meaning="who vouches for it, and how far"),
        Column(name="rubric_version", kind="text", nullable=True, meaning="the rubric it was given under"),
        Column(name="author", kind="text", nullable=True, meaning="who gave it"),
        Column(name="owner", kind="text", nullable=True, meaning="who backfills a provisional label"),
        Column(name="backfill_by", kind="time", nullable=True, unit="UTC", meaning="until when"),
        Column(name="parent_id", kind="text", nullable=True, pattern=ID_PATTERN, meaning="inherited from"),
        Column(name="operator", kind="text", nullable=True, meaning="the mutation that kept the label"),
        Column(
            name="check_sha256",
            kind="text",
            nullable=True,
            pattern=SHA256_PATTERN,
            meaning="of the check that computed a programmatic label",
        ),
        Column(name="created_at", kind="time", unit="UTC", meaning="when it was given"),
    ),
)

SEEDS = Table(
    name="seeds",
    row="an import of the seed",
    key=("version",),
    columns=(
        Column(name="version", kind="integer", low=1, meaning="1, 2, ... in the order of imports"),
        Column(name="owner", kind="text", nullable=True, meaning="who answers for the seed"),
        Column(name="cases", kind="integer", low=1, meaning="how many cases this import added"),
        Column(name="shares", kind="json", meaning="{train, eval, holdout}, fixed by version 1"),
        Column(name="slices", kind="json", meaning="{slice: cases}"),
        Column(name="sha256", kind="text", pattern=SHA256_PATTERN, meaning="of the file of this version"),
        Column(name="source", kind="text", meaning="the name of the file it was read from"),
        Column(name="created_at", kind="time", unit="UTC", meaning="when it was imported"),
    ),
)

PREDICTIONS = Table(
    name="predictions",
    row="a survival forecast for a cell, sealed before generation",
    key=("cell", "seal_sha256"),
    columns=(
        Column(name="cell", kind="text", meaning="the cell"),
        Column(name="predicted_survival", kind="number", low=0, high=1, unit="0-1", meaning="the forecast"),
        Column(name="gap", kind="text", nullable=True, meaning="one case that the seed underweights here"),
        Column(name="author", kind="text", meaning="whose forecast"),
        Column(name="sealed_at", kind="time", unit="UTC", meaning="when"),
        Column(name="seal_sha256", kind="text", pattern=SHA256_PATTERN, meaning="of the sealed forecast"),
    ),
)

GATES = Table(
    name="gates",
    row="the gate in force, sealed when results are imported",
    key=("seal_sha256",),
    columns=(
        Column(name="margin_pp", kind="number", low=0, high=5, unit="pp", meaning="the margin"),
        Column(
            name="alpha", kind="number", low=0, high=1, unit="0-1", meaning="one minus the confidence level"
        ),
        Column(
            name="floor_roots", kind="integer", low=0, meaning="real roots below which nothing is decided"
        ),
        Column(name="author", kind="text", meaning="who declared it"),
        Column(name="reason", kind="text", meaning="why"),
        Column(name="sealed_at", kind="time", unit="UTC", meaning="when"),
        Column(name="seal_sha256", kind="text", pattern=SHA256_PATTERN, meaning="of the sealed declaration"),
    ),
)

RUNS = Table(
    name="runs",
    row="a generation run, frozen before its first reply",
    key=("run_id",),
    columns=(
        Column(name="run_id", kind="text", pattern=SHA256_PATTERN, meaning="of slots, prompts and generator"),
        Column(name="generator_provider", kind="text", meaning="who serves the generator, or operators"),
        Column(name="generator_model", kind="text", meaning="the model that writes, or operators"),
        Column(
            name="generator_family", kind="text", pattern=FAMILY_PATTERN, meaning="the generator's lineage"
        ),
        Column(name="seed", kind="integer", meaning="the seed of chance"),
        Column(
            name="slots",
            kind="json",
            meaning="[{case_id, bucket, cell, index, persona, attack, hint_ids, hint_places, prompt_sha256, parent_ids, operators, count, reason}]",
        ),
        Column(name="prompts", kind="json", meaning="{name of a template: its sha256}"),
        Column(name="low_usd", kind="number", low=0, unit="USD", meaning="of generating, from"),
        Column(name="high_usd", kind="number", low=0, unit="USD", meaning="of generating, to"),
        Column(name="created_at", kind="time", unit="UTC", meaning="when it was frozen"),
    ),
)

CALLS = Table(
    name="calls",
    row="a step of a paid model call",
    key=("call_id", "state"),
    columns=(
        Column(name="call_id", kind="text", meaning="the call"),
        Column(name="request_sha256", kind="text", pattern=SHA256_PATTERN, meaning="of the request"),
        Column(name="state", kind="text", allowed=("sent", "got", "unknown"), meaning="how far it came"),
        Column(name="at", kind="time", unit="UTC", meaning="when it came so far"),
        Column(name="raw_reply", kind="text", nullable=True, meaning="the reply as it came"),
        Column(name="usage", kind="json", nullable=True, meaning="tokens as the provider counts them"),
        Column(
            name="cost_usd",
            kind="number",
            nullable=True,
            low=0,
            unit="USD",
            meaning="at the price table's date",
        ),
    ),
)

MEASURES = Table(
    name="measures",
    row="a case under a measure",
    key=("case_id", "embedder", "reference_sha256"),
    append_only=False,
    columns=(
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case"),
        Column(name="embedder", kind="text", meaning="model, runtime and precision"),
        Column(
            name="reference_sha256",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="of the set measured against",
        ),
        Column(name="nearest_seed_id", kind="text", nullable=True, meaning="the nearest seed"),
        Column(
            name="cosine_to_seed",
            kind="number",
            nullable=True,
            low=-1,
            high=1,
            unit="-1 to 1",
            meaning="to it",
        ),
        Column(
            name="p_near",
            kind="number",
            nullable=True,
            low=0,
            high=1,
            unit="0-1",
            meaning="share of the seed as near to its nearest neighbour, or nearer",
        ),
        Column(
            name="p_far",
            kind="number",
            nullable=True,
            low=0,
            high=1,
            unit="0-1",
            meaning="share of the seed as far from its nearest neighbour, or farther",
        ),
        Column(name="band", kind="text", nullable=True, meaning="where it lies between copy and off the map"),
        Column(name="duplicate_of", kind="text", nullable=True, meaning="the case that it repeats"),
        Column(
            name="duplicate_cosine",
            kind="number",
            nullable=True,
            low=-1,
            high=1,
            unit="-1 to 1",
            meaning="to the case that it repeats",
        ),
        Column(name="windows", kind="integer", low=1, meaning="pieces that the text was embedded in"),
    ),
)

REVIEWS = Table(
    name="reviews",
    row="an event of a review, hash-chained",
    key=("event_id",),
    columns=(
        Column(name="event_id", kind="integer", low=1, meaning="1, 2, ... without gaps"),
        Column(name="at", kind="time", unit="UTC", meaning="when"),
        Column(name="session_id", kind="text", meaning="the sitting"),
        Column(name="reviewer", kind="text", meaning="who"),
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case"),
        Column(
            name="content_sha256",
            kind="text",
            nullable=True,
            pattern=SHA256_PATTERN,
            meaning="what was judged",
        ),
        Column(name="position", kind="integer", nullable=True, low=0, meaning="place in the sitting"),
        Column(name="event", kind="text", allowed=EVENTS, meaning="what happened"),
        Column(name="verdict", kind="text", nullable=True, meaning="of an imported or adjudicated decision"),
        Column(name="reasons", kind="json", meaning="from the rubric"),
        Column(
            name="realistic",
            kind="flag",
            nullable=True,
            meaning="whether a real customer could have written it, answered before the cell was shown",
        ),
        Column(
            name="fits_cell", kind="flag", nullable=True, meaning="whether it belongs to its claimed cell"
        ),
        Column(name="expected", kind="text", nullable=True, meaning="the label stated with the verdict"),
        Column(name="note", kind="text", nullable=True, meaning="free text"),
        Column(name="visible_ms", kind="integer", nullable=True, low=0, unit="ms", meaning="time on screen"),
        Column(name="rubric_version", kind="text", nullable=True, meaning="the rubric"),
        Column(name="planted", kind="text", nullable=True, meaning="a hidden check, and which"),
        Column(name="previous_sha256", kind="text", pattern=SHA256_PATTERN, meaning="of the event before"),
        Column(
            name="event_sha256",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="of this event and the one before",
        ),
    ),
)

SITTINGS = Table(
    name="sittings",
    row="a sitting of a reviewer at the queue",
    key=("session_id",),
    columns=(
        Column(name="session_id", kind="text", meaning="the sitting, as its events name it"),
        Column(name="reviewer", kind="text", meaning="who"),
        Column(name="identity", kind="text", allowed=IDENTITIES, meaning="how the name is known"),
        Column(name="started_at", kind="time", unit="UTC", meaning="when it was drawn"),
        Column(name="buttons", kind="json", meaning="the verdicts in the order that was drawn for it"),
        Column(name="places", kind="json", meaning="the ids of the cases in the order that was drawn for it"),
        Column(
            name="planted",
            kind="json",
            meaning="[{after, case_id, planted}]: hidden checks, and after how many decisions each comes",
        ),
        Column(name="filters", kind="json", meaning="what the queue was narrowed to, by column"),
        Column(name="adjudicates", kind="flag", meaning="whether it settles what reviewers disagree on"),
    ),
)

CHECKS = Table(
    name="checks",
    row="a planted case, whose right verdict is known",
    key=("check_id",),
    columns=(
        Column(name="check_id", kind="text", pattern=ID_PATTERN, meaning="its id; never one of cases"),
        Column(name="truth", kind="text", allowed=("keep", "reject"), meaning="what a careful reviewer says"),
        Column(name="how", kind="text", meaning="how it was made"),
        Column(name="made_from", kind="json", meaning="the ids of the cases that it was made from"),
        Column(name="turns", kind="json", meaning="[{role, text}]"),
        Column(name="context", kind="json", nullable=True, meaning="facts, documents, steps"),
        Column(name="cell", kind="text", nullable=True, meaning="the cell that it claims"),
        Column(name="content_sha256", kind="text", pattern=SHA256_PATTERN, meaning="of turns and context"),
        Column(name="created_at", kind="time", unit="UTC", meaning="when it was made"),
    ),
)

HOLDS = Table(
    name="holds",
    row="a case in the hands of a reviewer",
    key=("case_id", "reviewer"),
    append_only=False,
    columns=(
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case or planted case"),
        Column(name="reviewer", kind="text", meaning="who"),
        Column(name="session_id", kind="text", meaning="the sitting"),
        Column(name="planted", kind="text", nullable=True, meaning="which hidden check it is"),
        Column(name="until", kind="time", unit="UTC", meaning="when others may take it"),
        Column(name="draft", kind="json", nullable=True, meaning="the form as far as it is filled"),
    ),
)

EVALSETS = Table(
    name="evalsets",
    row="a frozen set",
    key=("name", "version"),
    columns=(
        Column(name="name", kind="text", pattern=ID_PATTERN, meaning="the set's name"),
        Column(name="version", kind="integer", low=1, meaning="1, 2, ... of this name"),
        Column(
            name="members",
            kind="json",
            meaning="[{case_id, content_sha256, root_id, bucket, tag, split, reviewed}]",
        ),
        Column(name="mix", kind="json", meaning="{bucket: {target, found, short}}"),
        Column(name="weights", kind="json", meaning="{group: weight}, summing to 1"),
        Column(name="everything", kind="flag", meaning="frozen with --all: train and unreviewed cases too"),
        Column(name="owner", kind="text", nullable=True, meaning="who answers for it"),
        Column(
            name="sha256",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="of ids, contents, buckets, tags, splits, weights",
        ),
        Column(name="created_at", kind="time", unit="UTC", meaning="when it was frozen"),
    ),
)

ANSWERS = Table(
    name="answers",
    row="what a model under test answered to one case in one trial, when it was asked",
    key=("model", "case_id", "trial", "setup_sha256", "answered_at"),
    columns=(
        Column(name="model", kind="text", pattern=MODEL_PATTERN, meaning="the model's name"),
        Column(name="model_family", kind="text", pattern=FAMILY_PATTERN, meaning="vendor/line, or unknown"),
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case"),
        Column(
            name="content_sha256",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="the content that was answered",
        ),
        Column(
            name="trial", kind="text", pattern=r"(?s).{1,64}", meaning="which of repeated answers, from 0"
        ),
        Column(
            name="setup_sha256",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="of provider, address, model, system prompt, limits and how cases are put, or of the callable's name and source",
        ),
        Column(
            name="state",
            kind="text",
            allowed=("answered", "refused", "error"),
            meaning="a refusal is an answer; an error is missing, and is asked again",
        ),
        Column(name="output", kind="text", nullable=True, meaning="the answer; missing after an error"),
        Column(
            name="reason",
            kind="text",
            nullable=True,
            meaning="why there is none, why it refused, or that it was cut off",
        ),
        Column(name="latency_s", kind="number", nullable=True, low=0, unit="s", meaning="of the answer"),
        Column(name="cost_usd", kind="number", nullable=True, low=0, unit="USD", meaning="of the answer"),
        Column(name="call_id", kind="text", nullable=True, meaning="the paid call; none for a callable"),
        Column(name="answered_at", kind="time", unit="UTC", meaning="when it came"),
    ),
)

RESULTS = Table(
    name="results",
    row="an outcome of one model on one case in one trial, by one judge",
    key=("results_run", "case_id", "model", "trial", "judge"),
    columns=(
        Column(
            name="results_run",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="of the normalised rows of the import",
        ),
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case"),
        Column(
            name="content_sha256",
            kind="text",
            nullable=True,
            pattern=SHA256_PATTERN,
            meaning="the content that was answered; missing when the file had none",
        ),
        Column(name="model", kind="text", pattern=MODEL_PATTERN, meaning="the model's name, free text"),
        Column(name="model_family", kind="text", pattern=FAMILY_PATTERN, meaning="vendor/line, or unknown"),
        Column(name="trial", kind="text", pattern=r"(?s).{1,64}", meaning="which of repeated answers"),
        Column(
            name="outcome", kind="text", allowed=OUTCOMES, meaning="error and unscored are missing, not fail"
        ),
        Column(name="judge", kind="text", pattern=r"(?s).{1,200}", meaning="who scored it, or unknown"),
        Column(name="judge_family", kind="text", pattern=FAMILY_PATTERN, meaning="vendor/line of the judge"),
        Column(name="score", kind="number", nullable=True, meaning="the judge's score", unit="its own"),
        Column(
            name="threshold",
            kind="number",
            nullable=True,
            meaning="from which the score passes",
            unit="its own",
        ),
        Column(name="metric", kind="text", nullable=True, meaning="what was scored"),
        Column(name="failure_mode", kind="text", nullable=True, meaning="how it failed"),
        Column(name="output", kind="text", nullable=True, meaning="the model's answer"),
        Column(name="reason", kind="text", nullable=True, meaning="the judge's reason"),
        Column(name="latency_s", kind="number", nullable=True, low=0, unit="s", meaning="of the answer"),
        Column(name="cost_usd", kind="number", nullable=True, low=0, unit="USD", meaning="of the answer"),
        Column(name="cached", kind="flag", nullable=True, meaning="served from a cache"),
        Column(
            name="malformed",
            kind="flag",
            nullable=True,
            meaning="whether the judge answered, but nothing that is a verdict; the outcome is unscored",
        ),
        Column(
            name="inclusion",
            kind="number",
            nullable=True,
            low=0,
            high=1,
            meaning="the chance with which this answer was drawn to be judged by a human",
        ),
        Column(name="imported_at", kind="time", unit="UTC", meaning="when it was imported"),
    ),
)

PROBES = Table(
    name="probes",
    row="a failed answer that its judge judged again with an instruction planted",
    key=("results_run", "judge", "case_id", "model", "trial", "placement"),
    columns=(
        Column(
            name="results_run",
            kind="text",
            pattern=SHA256_PATTERN,
            meaning="the run that has its first outcome",
        ),
        Column(name="judge", kind="text", pattern=r"(?s).{1,200}", meaning="the judge"),
        Column(name="case_id", kind="text", pattern=ID_PATTERN, meaning="the case"),
        Column(name="model", kind="text", pattern=MODEL_PATTERN, meaning="the model that answered"),
        Column(name="trial", kind="text", pattern=r"(?s).{1,64}", meaning="which of repeated answers"),
        Column(name="placement", kind="text", meaning="where it was planted; control plants no instruction"),
        Column(name="instruction", kind="text", meaning="which one"),
        Column(name="outcome", kind="text", allowed=OUTCOMES, meaning="a pass is a flip"),
        Column(name="why", kind="text", nullable=True, meaning="why it is unscored"),
        Column(name="reason", kind="text", nullable=True, meaning="the judge's reason"),
        Column(name="probed_at", kind="time", unit="UTC", meaning="when it was judged again"),
    ),
)

SWAPS = Table(
    name="verdicts",
    row="a decision on a swap",
    key=("verdict_id",),
    columns=(
        Column(name="verdict_id", kind="text", pattern=SHA256_PATTERN, meaning="hash of the row"),
        Column(name="baseline", kind="text", pattern=MODEL_PATTERN, meaning="the model in use"),
        Column(
            name="candidate", kind="text", pattern=MODEL_PATTERN, meaning="the model that would replace it"
        ),
        Column(
            name="look",
            kind="integer",
            nullable=True,
            low=1,
            meaning="which look at the pair; none if refused",
        ),
        Column(name="evalset_sha256", kind="text", pattern=SHA256_PATTERN, meaning="the frozen set"),
        Column(name="results_sha256", kind="text", pattern=SHA256_PATTERN, meaning="the outcomes used"),
        Column(name="verdict", kind="text", allowed=VERDICTS, meaning="the decision"),
        Column(name="numbers", kind="json", meaning="verdict.json, whole"),
        Column(name="run", kind="text", meaning="the run folder under reports/"),
        Column(
            name="pairs",
            kind="json",
            nullable=True,
            meaning="[[case_id, root_id, group, bucket, baseline, candidate]]: the scores (0-1) of each pair; missing in older rows",
        ),
        Column(name="created_at", kind="time", unit="UTC", meaning="when it was decided"),
    ),
)

TABLES = (
    CASES, LABELS, SEEDS, PREDICTIONS, GATES, RUNS, CALLS, MEASURES,
    SITTINGS, CHECKS, HOLDS, REVIEWS, EVALSETS, ANSWERS, RESULTS, PROBES, SWAPS,
)  # fmt: skip


def dictionary() -> str:
    """Return the data dictionary as Markdown: every table, column, unit and meaning.

    Example:
        >>> dictionary().splitlines()[0]
        '# Data dictionary'
    """
    lines = [
        "# Data dictionary",
        "",
        "Written by `make dictionary` from `workbench/tables.py`; a test holds the two together.",
    ]
    for table in TABLES:
        kept = "append-only" if table.append_only else "replaceable"
        lines += [
            "",
            f"## {table.name}",
            "",
            f"One row is {table.row} ({kept}; key: {', '.join(table.key)}).",
            "",
        ]
        lines += ["| column | kind | missing | values | meaning |", "|---|---|---|---|---|"]
        lines += [
            f"| {c.name} | {c.kind} | {'may be' if c.nullable else 'never'} | {_values(c)} | {c.meaning} |"
            for c in table.columns
        ]
    return "\n".join(lines) + "\n"


def _values(column: Column) -> str:
    bounds = [f">= {column.low:g}"] if column.low > float("-inf") else []
    bounds += [f"<= {column.high:g}"] if column.high < float("inf") else []
    return ", ".join([*column.allowed, *bounds, *([column.unit] if column.unit else [])])
