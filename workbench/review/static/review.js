/**
 * The review widget: one case at a time, decided by a person.
 *
 * The kernel's desk says what is shown and records what is decided; this module shows and asks.
 * Case text is hostile. It reaches the page through text nodes alone, with what is invisible made
 * visible, and no text of a case ever becomes an attribute, an address or a style.
 *
 *   words       what is said to the reviewer, and how numbers read
 *   decisions   what a form holds, what it lacks, what is sent
 *   text        how case text becomes nodes
 *   views       pure builders of what stands on the screen
 *   Review      the state, the messages, the keys, one paint
 */

const PATIENCE_MS = 1_500; // an acknowledgement later than this means a busy kernel
const DRAFT_MS = 400; // a pause in typing
const FIRST_CHARS = 4_000; // of a long text, before it is expanded
const IDLE_MS = 30_000; // without a key, a pointer or scrolling nobody reads on ...
const WORD_MS = 1_000 / 3; // ... other than the words of the case, at three a second
const DRAFT_CHARS = 100_000; // of a draft as JSON; a longer one is not kept
const GLANCE_MS = 200; // what scrolls by in less has not been on the screen: a flick to the end is no reading
const WIDE_PX = 760; // conversation and policy side by side

// --- words ---------------------------------------------------------------------------------------

const VERDICTS = {
  keep: { label: "Keep", key: "h" },
  reject: { label: "Reject", key: "f" },
  revise: { label: "Revise", key: "e" },
  skip: { label: "Skip", key: "s" },
};
// A map: a role is case text, and an object would answer to "constructor".
const ROLES = new Map(Object.entries({ user: "Customer", assistant: "Assistant", system: "System", tool: "Tool" }));
const QUEUED = "Queued: the kernel is busy; not saved yet";

/** The keys in the order of the work; the sheet is written from this table, and so is what they do. */
const KEYS = [
  ["w", "would: a real customer could write it", (review) => review.answer("realistic", true)],
  ["n", "not: no real customer writes this", (review) => review.answer("realistic", false)],
  ["1-9", "choose in the open list: outcome, or reasons", (review, key) => review.pick(Number(key) - 1)],
  ["p", "in place: it fits the cell", (review) => review.answer("fits_cell", true)],
  ["g", "goes elsewhere: it does not fit the cell", (review) => review.answer("fits_cell", false)],
  ["h", "hold: keep", (review) => review.decide("keep")],
  ["f", "fail: reject; opens the reasons, then decides", (review) => review.decide("reject")],
  ["e", "edit: revise; opens the reasons, then decides", (review) => review.decide("revise")],
  ["s", "skip", (review) => review.decide("skip")],
  ["t", "text: write a note", (review) => review.openNote()],
  ["u", "undo the last decision", (review) => review.undo()],
  ["Space", "read on, where the conversation is longer than its box", null],
  ["?", "show or hide these keys", (review) => review.showKeys()],
  ["Esc", "leave a field, close what is open", null],
];

const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** Read an estimate of seconds as a person would say it. */
function duration(seconds) {
  if (seconds < 45) return "under a minute";
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `about ${minutes} min` : `about ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function progressText({ decided, waiting, seconds }) {
  const left = seconds === null || !waiting ? "" : ` · ${duration(seconds)} left`;
  return `${decided.toLocaleString("en")} decided · ${waiting.toLocaleString("en")} waiting${left}`;
}

// --- decisions -----------------------------------------------------------------------------------

/** An id of 128 random bits. `crypto.randomUUID` does not exist on plain http, where many hubs live. */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The answers to one case: those of a draft, and none otherwise. `open` is the verdict whose reasons are shown. */
function formOf(draft) {
  const answers = { realistic: null, expected: null, fits_cell: null, reasons: [], note: "" };
  const empty = { ...answers, edited: null, provisional: null, open: null };
  return Object.fromEntries(Object.entries(empty).map(([name, value]) => [name, draft?.[name] ?? value]));
}

const explains = (verdict) => verdict === "reject" || verdict === "revise";
const stepOneDone = (form) => form.realistic !== null && form.expected !== null;
const oneLineEnds = (text) => text.replace(/\r\n?/g, "\n");

function toggled(values, value) {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
}

/** How long a reader may sit still over a case: reading without moving is no idleness. */
function stillness({ turns, context }) {
  const words = [...turns.map((turn) => turn.text), JSON.stringify(context, null, 1)].join(" ").match(/\S+/g);
  return IDLE_MS + words.length * WORD_MS;
}

/** The first thing a verdict lacks as [field, sentence], or null. */
function missing(verdict, form, shown) {
  if (explains(verdict) && !form.reasons.length)
    return ["reasons", `Give at least one reason, then press ${VERDICTS[verdict].label} again.`];
  if (verdict === "keep") {
    if (form.realistic === null)
      return ["realistic", "To keep, say first whether a real customer could have written this."];
    if (!form.realistic)
      return ["realistic", "You said that no real customer writes this; such a case cannot be kept."];
    if (form.expected === null) return ["expected", "To keep, say first what the expected outcome is."];
    if (form.fits_cell === null && shown.cell.length)
      return ["fits_cell", "To keep, say first whether it fits its cell."];
  }
  const { owner, backfill_by } = form.provisional ?? { owner: "-", backfill_by: "-" };
  if (verdict !== "skip" && !(owner && backfill_by))
    return ["provisional", "A provisional label needs an owner and a date."];
  return null;
}

/** The one message of a decision. Reasons and edited text go only with the verdicts that they explain. */
function decision(slot, verdict) {
  const { open, ...answers } = slot.form;
  return {
    kind: "decide",
    id: slot.id,
    ticket: slot.shown.ticket,
    verdict,
    ...answers,
    reasons: explains(verdict) ? answers.reasons : [],
    edited: verdict === "revise" ? answers.edited : null,
    provisional: verdict === "skip" ? null : answers.provisional,
    visible_ms: Math.round(slot.ms),
  };
}

// --- text ----------------------------------------------------------------------------------------

/** An element with attributes, listeners (`onclick`) and children; null children are left out. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Controls, formats (bidirectional ones, zero widths, tags), lone surrogates, odd line ends, and what looks
// like nothing: fillers, the selectors that smuggle text, an empty Braille cell. The joiners stay, and one
// selector behind an emoji: emoji, Persian and Indic words need them.
const UNSEEN = /((?![\t\n\u200C\u200D]|(?<=\p{Emoji})\uFE0F(?![\uFE00-\uFE0F]))[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800])\1*/gu;

/** Text as nodes: what cannot be seen stands as a chip with its code point. */
function visible(text) {
  const nodes = [];
  let end = 0;
  text = text.replaceAll("\r\n", "\n");
  for (const { 0: run, 1: char, index } of text.matchAll(UNSEEN)) {
    const code = char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const times = run.length / char.length;
    nodes.push(text.slice(end, index), h("span", { class: "chip" }, `U+${code}${times > 1 ? ` ×${times}` : ""}`));
    end = index + run.length;
  }
  return [...nodes, text.slice(end)];
}

const line = (text) => h("span", { dir: "auto", class: "plain" }, ...visible(text));

/** What has to have been on the screen before a verdict: the end of a block. */
const end = (folded = false) => h("div", { class: "end", hidden: folded });

/** The first characters of a text; no pair of surrogates is cut in two. */
function beginning(text) {
  const pair = /[\uD800-\uDBFF]/.test(text[FIRST_CHARS - 1]);
  return text.slice(0, pair ? FIRST_CHARS - 1 : FIRST_CHARS);
}

/** A text of any length: whole, or its beginning with a button that brings the rest. */
function longText(text, style = "text") {
  if (!text) return h("div", { class: "void" }, "(empty)");
  const whole = text.length <= FIRST_CHARS;
  const body = h("div", { class: style, dir: "auto" }, ...visible(whole ? text : beginning(text)));
  if (whole) return body;
  const last = end(true);
  const expand = () => {
    body.replaceChildren(...visible(text));
    last.hidden = false;
    more.closest("[tabindex]").focus({ preventScroll: true });
    more.remove();
  };
  const label = `Show all ${plural(text.length, "character")}`;
  const more = h("button", { type: "button", class: "more", onclick: expand }, label);
  return h("div", {}, body, more, last);
}

// --- views: the input ----------------------------------------------------------------------------

const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const pretty = (value) => JSON.stringify(value, null, 2);

function turnView({ role, text }) {
  const who = h("div", { class: "who" }, ...visible(ROLES.get(role) ?? role));
  return h("li", { class: role === "user" ? "turn theirs" : "turn ours" }, who, longText(text), end());
}

/** The leaves of a record as [path, value]; empty records and all lists are leaves. */
function leaves(record, path = "") {
  return Object.entries(record).flatMap(([name, value]) =>
    isRecord(value) && Object.keys(value).length ? leaves(value, `${path}${name}.`) : [[`${path}${name}`, value]],
  );
}

function factRow([name, value]) {
  const said = typeof value === "string" ? value : JSON.stringify(value);
  const cell = value === null ? h("div", { class: "void" }, "null") : longText(said);
  return h("tr", {}, h("th", { scope: "row" }, line(name)), h("td", {}, cell));
}

/** Facts as tables: one for each record among them, and one for what stands loose. */
function factsView(facts) {
  const loose = Object.entries(facts).filter(([, value]) => !isRecord(value));
  const groups = Object.entries(facts).filter(([, value]) => isRecord(value));
  const table = (caption, rows) => h("table", {}, caption, h("tbody", {}, ...rows.map(factRow)));
  const group = ([name, record]) => table(h("caption", {}, line(name)), leaves(record));
  return h("div", { class: "facts" }, loose.length ? table(null, loose) : null, ...groups.map(group));
}

function block(title, ...children) {
  return h("div", { class: "block" }, h("div", { class: "title" }, line(title)), ...children, end());
}

const isDocument = (value) => isRecord(value) && typeof value.id === "string" && typeof value.text === "string";

/** One block for each part of the context: facts, documents, and the rest as the JSON that it is. */
function contextBlocks(context) {
  if (context === null) return [];
  if (!isRecord(context)) return [block("Context", longText(pretty(context), "text json"))];
  return Object.entries(context).flatMap(([name, value]) => {
    if (name === "facts" && isRecord(value)) return [block("Facts", factsView(value))];
    if (name === "documents" && Array.isArray(value) && value.every(isDocument))
      return value.map(({ id, text }) => block(`Document ${id}`, longText(text)));
    return [block(name === "steps" ? "Steps" : name, longText(pretty(value), "text json"))];
  });
}

/** What earlier reviewers said, without their names. */
function saidBlock(said, rubric) {
  const meaning = new Map(rubric.reasons.map(({ value, meaning }) => [value, meaning]));
  const reason = (value) => h("li", {}, line(value), " ", h("small", {}, line(meaning.get(value) ?? "")));
  const entry = ({ verdict, expected, reasons, note }) => {
    const outcome = expected === null ? null : h("span", {}, ", expects ", line(expected));
    const why = reasons.length ? h("ul", {}, ...reasons.map(reason)) : null;
    return h("li", {}, h("b", {}, VERDICTS[verdict].label), outcome, why, note ? longText(note) : null);
  };
  return block("What the reviewers said", h("ul", { class: "said" }, ...said.map(entry)));
}

function inputView(shown, rubric) {
  return h(
    "div",
    { class: "pane input", tabindex: 0, role: "region", "aria-label": "Conversation and context" },
    h("ol", { class: "turns" }, ...shown.turns.map(turnView)),
    ...contextBlocks(shown.context),
    shown.said ? saidBlock(shown.said, rubric) : null,
  );
}

// --- views: the answers --------------------------------------------------------------------------

const kbd = (key) => h("kbd", { "aria-hidden": "true" }, key.toUpperCase());
const button = (label, key, onclick, attributes = {}) =>
  h("button", { type: "button", onclick, "aria-keyshortcuts": key, ...attributes }, label, key ? kbd(key) : null);

/**
 * A question with a radio button or a check box for each option; none is chosen beforehand.
 * `options` are {value, label, meaning, key}; `mark` checks those whose value `chosen` holds.
 */
function question({ legend, type, options, choose, style = null }) {
  const name = randomId();
  const built = options.map(({ value, label, meaning = "", key }) => {
    const input = h("input", { type, name, "aria-keyshortcuts": key, onchange: () => choose(value) });
    const words = h("span", {}, line(label), meaning ? h("small", {}, line(meaning)) : null);
    return { value, input, label: h("label", { class: "option" }, input, words, key ? kbd(key) : null) };
  });
  const list = h("div", { class: "options" }, ...built.map(({ label }) => label));
  return {
    box: h("fieldset", { class: style }, h("legend", {}, ...legend), list),
    first: built[0].input,
    mark: (chosen) => built.forEach(({ value, input }) => (input.checked = chosen(value))),
  };
}

function yesOrNo(legend, [yes, yesKey], [no, noKey], choose) {
  const options = [
    { value: true, label: yes, key: yesKey },
    { value: false, label: no, key: noKey },
  ];
  return question({ legend, type: "radio", options, choose, style: "inline" });
}

/** A labelled text, date or text area; `write` gets what is typed. */
function field(label, value, write, control = h("input", { type: "text" })) {
  control.value = value;
  control.addEventListener("input", () => write(control.value));
  return { box: h("label", { class: "field" }, h("span", {}, label), control), first: control, mark: () => {} };
}

/** A question with the rubric's values and their digits, or a free text where the rubric has none. */
function listed({ legend, type, values, text, choose, write }) {
  if (!values.length) return field(legend, text, (typed) => write(typed.trim()));
  const key = (i) => (i < 9 ? String(i + 1) : null);
  const options = values.map(({ value, meaning }, i) => ({ value, label: value, meaning, key: key(i) }));
  return question({ legend: [legend], type, options, choose });
}

/** The reasons of a rejection or a revision, and for a revision the customer's last message to edit. */
function whyView(shown, form, rubric, change) {
  const reasons = listed({
    legend: "Reasons: choose at least one",
    type: "checkbox",
    values: rubric.reasons,
    text: form.reasons[0] ?? "",
    choose: (value) => change("reasons", toggled(form.reasons, value)),
    write: (text) => change("reasons", text ? [text] : []),
  });
  const original = oneLineEnds(shown.turns.findLast((turn) => turn.role === "user")?.text ?? "");
  const write = (text) => change("edited", text.trim() && text !== original ? text : null);
  const label = "The customer's last message as it should be; left as it is, only the reasons count";
  const edited = field(label, form.edited ?? original, write, h("textarea", { rows: 4, dir: "auto" }));
  const box = h("div", { class: "why" }, reasons.box, edited.box);
  const mark = () => {
    box.hidden = form.open === null;
    edited.box.hidden = form.open !== "revise";
    reasons.mark((value) => form.reasons.includes(value));
  };
  return { box, mark, reasons: reasons.first, edited: edited.first };
}

const EMPTY_PROVISIONAL = { owner: "", backfill_by: "" };

/** A label that somebody has to settle by a day. */
function provisionalView(form, change) {
  const write = (name) => (text) => {
    const both = { ...EMPTY_PROVISIONAL, ...form.provisional, [name]: text.trim() };
    change("provisional", both.owner || both.backfill_by ? both : null);
  };
  const { owner, backfill_by } = { ...EMPTY_PROVISIONAL, ...form.provisional };
  const who = field("Owner", owner, write("owner"));
  const when = field("Settled by", backfill_by, write("backfill_by"), h("input", { type: "date" }));
  const pair = h("div", { class: "pair" }, who.box, when.box);
  const box = h("details", { open: form.provisional !== null }, h("summary", {}, "Provisional label"), pair);
  return { box, first: who.first };
}

/**
 * The questions about one case. Built once for a showing, so that nothing typed is lost when the case
 * leaves the screen and comes back. `mark` brings them in line with the form.
 */
function answersView(shown, form, rubric, change, sendNote) {
  const set = (name) => (value) => change(name, value);
  const realistic = yesOrNo(["Could a real customer have written this?"], ["Yes", "w"], ["No", "n"], set("realistic"));
  const expected = listed({
    legend: "What is the expected outcome?",
    type: "radio",
    values: rubric.expected,
    text: form.expected ?? "",
    choose: set("expected"),
    write: (text) => change("expected", text || null),
  });
  const levels = h("span", {});
  const legend = ["Made for ", levels, ". Does it fit?"];
  const fits = yesOrNo(legend, ["Yes, in place", "p"], ["No, goes elsewhere", "g"], set("fits_cell"));
  const two = h("div", { class: "two", "aria-live": "polite" });
  const why = whyView(shown, form, rubric, change);
  const provisional = provisionalView(form, change);
  const note = field("Note, saved with the decision", form.note, set("note"), h("textarea", { rows: 2, dir: "auto" }));
  const remark = h("div", { class: "remark" }, note.box, button("Save it now, without deciding", null, sendNote));
  const parts = [realistic.box, expected.box, two, why.box, remark, provisional.box];
  const fields = { realistic, expected, fits_cell: fits, provisional, note };
  const first = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.first]));
  return {
    box: h("div", { class: "answers" }, ...parts),
    /** What a sentence about a field moves the focus to. */
    first: { ...first, reasons: why.reasons, edited: why.edited },
    mark(noting) {
      // The claimed cell enters the page only when step one is answered.
      if (stepOneDone(form) && shown.cell.length && !two.hasChildNodes()) {
        levels.append(...shown.cell.map((level) => h("span", { class: "level" }, line(level))));
        two.append(fits.box);
      }
      realistic.mark((value) => form.realistic === value);
      expected.mark((value) => form.expected === value);
      fits.mark((value) => form.fits_cell === value);
      why.mark();
      remark.hidden = !noting && !form.note;
    },
  };
}

// --- views: around a case ------------------------------------------------------------------------

function askView(text, start) {
  const name = field("Your name", "", () => {}, h("input", { type: "text", autocomplete: "name", required: true }));
  const submit = (event) => {
    event.preventDefault();
    if (name.first.value.trim()) start(name.first.value.trim());
  };
  return h("form", { class: "card", onsubmit: submit }, h("p", {}, line(text)), name.box, h("button", {}, "Start"));
}

function doneView({ decided, waiting }) {
  if (waiting) {
    const held = `${plural(waiting, "case")} ${waiting === 1 ? "waits, but is" : "wait, but are"} in other hands now`;
    return h("div", { class: "card" }, h("p", { class: "big" }, `${held}; reload the page later.`));
  }
  const again = "Run the cell again when there are new candidates.";
  const words = decided ? `You decided ${plural(decided, "case")} in this sitting.` : again;
  return h("div", { class: "card" }, h("p", { class: "big" }, "Nothing waits for you."), h("p", {}, words));
}

/** Undo hard wrapping: a line whose first word had no room on the line before it continues that line. */
function unwrapped(text) {
  const lines = text.trim().split("\n");
  const width = Math.max(72, ...lines.map((line) => line.length));
  const isItem = (line) => /^\s*([-*•]|\w{1,3}[.)])\s/.test(line);
  const hadRoom = (line, before) => before.length + 1 + line.trim().split(" ")[0].length <= width;
  const starts = (line, before) => !line.trim() || isItem(line) || hadRoom(line, before);
  const glued = (line, i) => (starts(line, lines[i]) ? `\n${line}` : ` ${line.trim()}`);
  return lines[0] + lines.slice(1).map(glued).join("");
}

function rubricView({ version, policy, checklist }) {
  const items = checklist.map((item) => h("li", {}, line(item)));
  const text = h("div", { class: "text" }, ...visible(unwrapped(policy)));
  const pane = { class: "pane", tabindex: 0, role: "region", "aria-label": "Policy and rubric" };
  return h(
    "details",
    { class: "rubric" },
    h("summary", {}, "Policy and rubric ", h("small", {}, line(version))),
    h("div", pane, text, items.length ? h("ul", { class: "checklist" }, ...items) : null),
  );
}

/** The sheet of keys, as a dialog; it closes by Esc, by its button and by the key that opened it. */
function keysView() {
  const name = (key) => h("kbd", {}, key.length > 1 ? key : key.toUpperCase());
  const rows = KEYS.map(([key, what]) => h("tr", {}, h("th", { scope: "row" }, name(key)), h("td", {}, what)));
  return h(
    "dialog",
    { "aria-label": "Keys" },
    h("table", {}, h("caption", {}, "Keys"), h("tbody", {}, ...rows)),
    h("p", {}, "They work while the widget has the focus and nobody is typing. Enter and Space never decide."),
    button("Close", null, (event) => event.target.closest("dialog").close()),
  );
}

/** The frame of a sitting: places for a case and its answers, progress, the verdicts in the order drawn. */
function frameView({ reviewer, buttons, rubric, demo, adjudicates }, review) {
  const mute = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    review.tell("Enter and Space never decide: press the letter on the button.", "warn");
  };
  const frame = {
    progress: h("progress", { "aria-label": "Decided in this sitting" }),
    count: h("span", { class: "count" }),
    notices: h("div", { class: "notices", role: "status" }),
    input: h("div"),
    rubric: rubricView(rubric),
    answers: h("div"),
    verdicts: buttons.map((verdict) => {
      const { label, key } = VERDICTS[verdict];
      return button(label, key, () => review.decide(verdict), { class: "verdict", "data-verdict": verdict });
    }),
  };
  const off = button("Keys are off: click here", null, () => review.focus(), { class: "off" });
  const tag = adjudicates ? h("b", { class: "tag" }, "Adjudication") : null;
  const who = h("span", { class: "reviewer" }, line(reviewer));
  const ballot = { class: "verdicts", role: "group", "aria-label": "Verdict", onkeydown: mute, onkeyup: mute };
  frame.box = h(
    "div",
    { class: "frame" },
    demo ? h("p", { class: "demo" }, h("b", {}, "Demo"), ": composed data, no real customers.") : null,
    h("div", { class: "top" }, frame.progress, frame.count, tag, off, who),
    frame.notices,
    h("div", { class: "body" }, frame.input, frame.rubric, frame.answers),
    h("div", ballot, ...frame.verdicts),
  );
  return frame;
}

// --- the review ----------------------------------------------------------------------------------

/** Time on screen: spans in which the widget could be read, each cut where the reader had stopped. */
class Stopwatch {
  running = false;
  last = performance.now();
  active = this.last;

  /** The milliseconds since the last lap, up to `stillness` after the last activity. */
  lap(stillness) {
    const now = performance.now();
    const ms = this.running ? Math.min(now, this.active + stillness) - this.last : 0;
    this.last = now;
    return Math.max(0, ms);
  }
}

const ACTIVITY = ["keydown", "pointermove", "pointerdown", "wheel", "scroll", "touchmove"];
const typing = (target) => target.matches("textarea, input:not([type=radio], [type=checkbox])");
const plain = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing);

class Review {
  sitting = null; // what `here` said: reviewer, buttons, rubric
  progress = null;
  slot = null; // the case on the screen: its text, its answers, what of it was not seen yet, for how long it was
  next = null; // the one after it, built already
  sent = null; // what waits for its acknowledgement: {message, back, late}; back is the slot to put back
  draft = null; // what waits for a pause in typing: {slot, timer}
  notices = [];
  said = { text: "Opening the queue", tone: "busy" };
  frame = null;
  watch = new Stopwatch();

  constructor(model, el) {
    this.model = model;
    this.stage = h("div");
    this.sheet = keysView();
    this.line = h("p", { class: "line", role: "status" });
    this.lock = h("p", { class: "lock" });
    this.noter = button("Note", "t", () => this.openNote());
    const undo = button("Undo", "u", () => this.undo());
    this.tools = h("div", { class: "tools" }, this.noter, undo, button("Keys", "?", () => this.showKeys()));
    const group = { class: "wb-review", tabindex: 0, role: "group", "aria-label": "Review of candidates" };
    const foot = h("div", { class: "foot" }, this.line, this.lock, this.tools);
    this.root = h("div", { ...group, "data-lm-suppress-shortcuts": "true" }, this.stage, foot, this.sheet);
    el.append(this.root);
    this.listen();
    this.model.send({ kind: "hello" });
    setTimeout(() => this.stage.hasChildNodes() || this.tell("Waiting: the kernel is busy", "busy"), PATIENCE_MS);
    this.paint();
  }

  // What comes in from the page.

  listen() {
    const gone = new AbortController();
    const { signal } = gone;
    let near = false;
    const look = () => {
      this.lap();
      this.watch.running = near && document.visibilityState === "visible";
      if (document.visibilityState === "hidden") this.sendDraft();
    };
    const sight = new IntersectionObserver((entries) => {
      near = entries.at(-1).isIntersecting;
      look();
    });
    const size = new ResizeObserver(() => this.fit());
    this.ends = new IntersectionObserver((entries) => this.see(entries));
    sight.observe(this.root);
    size.observe(this.root);
    const anywhere = { signal, capture: true, passive: true };
    for (const type of ACTIVITY) document.addEventListener(type, () => this.act(), anywhere);
    document.addEventListener("visibilitychange", look, { signal });
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.sheet.addEventListener("close", () => this.focus());
    this.model.on("msg:custom", this.hear);
    this.leave = () => {
      this.sendDraft();
      this.model.off("msg:custom", this.hear);
      for (const observer of [sight, size, this.ends]) observer.disconnect();
      gone.abort();
    };
  }

  press(event) {
    event.stopPropagation(); // JupyterLab and VS Code would cut the cell on x and run it on Enter
    if (event.key === "Escape") return this.escape(event.target);
    if (!plain(event) || typing(event.target)) return;
    if (event.key === " " && event.target === this.root) return this.readOn(event);
    const key = /^[1-9]$/.test(event.key) ? "1-9" : event.key.toLowerCase();
    const run = KEYS.find(([name]) => name === key)?.[2];
    if (!run || (this.sheet.open && key !== "?")) return;
    event.preventDefault();
    run(this, event.key);
  }

  escape(target) {
    if (this.sheet.open) return; // the dialog closes itself
    if (typing(target)) return this.focus();
    if (this.slot?.form.open) return this.change(this.slot, "open", null);
    this.notices = [];
    this.paint();
  }

  /** Scroll the conversation in its box; at its end, or where it has none, the page scrolls as ever. */
  readOn(event) {
    const { scrollTop, clientHeight, scrollHeight } = this.slot?.input ?? this.root;
    if (scrollTop + clientHeight >= scrollHeight - 1) return;
    event.preventDefault();
    this.slot.input.scrollBy(0, 0.8 * clientHeight);
  }

  /** Fold policy and rubric where they would stand between the conversation and the questions. */
  fit() {
    const wide = this.root.clientWidth >= WIDE_PX;
    if (this.frame && this.frame.wide !== wide) this.frame.rubric.open = this.frame.wide = wide;
    this.root.classList.toggle("wide", wide);
  }

  /** What stands on the screen from the start has been there; what scrolls by has to stay a moment. */
  see(entries) {
    const { unseen, passing } = this.slot;
    for (const { target, isIntersecting } of entries) {
      const seen = () => {
        unseen.delete(target);
        this.paint();
      };
      clearTimeout(passing.get(target));
      if (isIntersecting && !passing.has(target)) seen();
      else passing.set(target, isIntersecting ? setTimeout(seen, GLANCE_MS) : null);
    }
  }

  lap() {
    const ms = this.watch.lap(this.slot?.stillness);
    if (this.slot) this.slot.ms += ms;
  }

  act() {
    this.lap();
    this.watch.active = this.watch.last;
  }

  // What comes in from the kernel.

  hear = (message) => this[`on_${message.kind}`]?.(message);

  on_ask({ text }) {
    this.frame = null;
    this.put(null);
    const start = (name) => {
      this.model.send({ kind: "reviewer", name });
      this.tell("Starting", "busy");
    };
    this.stage.replaceChildren(askView(text, start));
    this.tell("");
  }

  on_here({ case: shown, next, draft, progress, ...sitting }) {
    if (this.sent) return; // it was written before what is on its way
    Object.assign(this, { sitting, progress, notices: [], frame: frameView(sitting, this) });
    const focused = this.root.matches(":focus-within");
    this.stage.replaceChildren(this.frame.box);
    this.put(this.slotFor(shown, draft), this.slotFor(next));
    this.fit();
    if (focused) this.focus();
    this.tell("");
  }

  on_saved({ id, verdict, next, progress, pause, told }) {
    if (!this.acknowledged(id)) return this.model.send({ kind: "hello" });
    Object.assign(this, { progress, notices: [told, pause].filter(Boolean) });
    const after = this.slotFor(next);
    if (this.slot) this.next = after;
    else this.put(after);
    if (verdict) this.tell("Saved", "saved");
    else this.tell("Not recorded: that case was settled already.", "warn");
  }

  on_undone({ id, case: shown, next, draft, progress }) {
    if (!this.acknowledged(id)) return this.model.send({ kind: "hello" });
    this.progress = progress;
    this.put(this.slotFor(shown, draft), this.slotFor(next));
    this.tell("Taken back: decide again", "saved");
  }

  on_noted({ id, ticket }) {
    if (!this.acknowledged(id)) return;
    if (this.slot?.shown.ticket === ticket) {
      this.slot.noting = false;
      this.slot.answers.first.note.value = "";
      this.change(this.slot, "note", "");
    }
    this.tell("Note saved", "saved");
  }

  /** Not committed: the case comes back as it was, and its next decision is another one. */
  on_refused({ id, text, field }) {
    const sent = this.rolledBack(id);
    if (!sent) return;
    if (sent.back) sent.back.id = null;
    this.tell(text, "warn");
    if (field) this.focusOn(field);
  }

  /** Not recorded: the case comes back as it was, and the decision may be sent again under its id. */
  on_failed({ id, text }) {
    if (this.rolledBack(id)) this.tell(`${text} Nothing was recorded; you can send it again.`, "warn");
  }

  /** Take what was sent if this is its acknowledgement; null when another view of this widget sent it. */
  acknowledged(id) {
    const { sent } = this;
    if (sent?.message.id !== id) return null;
    this.sent = null;
    return sent;
  }

  /** Put a decided case back on the screen; the one that had come goes back into line. */
  rolledBack(id) {
    const sent = this.acknowledged(id);
    if (sent?.back) {
      this.put(sent.back, this.slot);
      this.draftSoon(sent.back);
    }
    return sent;
  }

  // What goes out to the kernel.

  /** Send what must be acknowledged. Until it is, no verdict, undo or note goes out. */
  post(message, back = null) {
    const sent = { message, back, late: false };
    const late = () => {
      sent.late = true;
      this.paint();
    };
    Object.assign(this, { sent, notices: [], said: { text: "", tone: "" } });
    this.model.send(message);
    setTimeout(late, PATIENCE_MS);
    this.paint();
  }

  decide(verdict) {
    const { slot } = this;
    if (this.sent || !slot) return;
    if (slot.unseen.size) return this.tell(`Not yet: ${this.unseen()}.`, "warn");
    if (explains(verdict) && slot.form.open !== verdict) return this.openReasons(verdict);
    const [field, sentence] = missing(verdict, slot.form, slot.shown) ?? [];
    if (field) {
      this.tell(sentence, "warn");
      return this.focusOn(field);
    }
    this.lap();
    this.dropDraft();
    slot.id ??= randomId();
    this.put(this.next);
    this.focus();
    this.post(decision(slot, verdict), slot);
  }

  undo() {
    if (this.sent || !this.frame) return;
    this.sendDraft();
    this.post({ kind: "undo", id: randomId() });
  }

  sendNote() {
    const { ticket } = this.slot.shown;
    const { note } = this.slot.form;
    if (!this.sent && note.trim()) this.post({ kind: "note", id: randomId(), ticket, note });
  }

  /** Keep the half-filled form in the store, so that a reload loses nothing. */
  draftSoon(slot) {
    this.dropDraft();
    this.draft = { slot, timer: setTimeout(() => this.sendDraft(), DRAFT_MS) };
  }

  dropDraft() {
    clearTimeout(this.draft?.timer);
    this.draft = null;
  }

  sendDraft() {
    if (!this.draft) return;
    const { shown, form, ms } = this.draft.slot;
    this.dropDraft();
    const draft = { ...form, visible_ms: Math.round(ms) };
    if (JSON.stringify(draft).length > DRAFT_CHARS) this.tell("Too long to keep as a draft", "warn");
    else this.model.send({ kind: "draft", ticket: shown.ticket, draft });
  }

  // What the reviewer does to the form.

  change(slot, name, value) {
    slot.form[name] = value;
    this.draftSoon(slot);
    if (this.said.tone === "warn") this.said = { text: "", tone: "" };
    this.paint();
  }

  answer(name, value) {
    if (!this.slot) return;
    const early = name === "fits_cell" && !stepOneDone(this.slot.form);
    if (early) this.tell("The cell is shown when both questions above are answered.", "warn");
    else this.change(this.slot, name, value);
  }

  /** Choose by number in the list that is open. */
  pick(i) {
    if (!this.slot) return;
    const { form } = this.slot;
    const { reasons, expected } = this.sitting.rubric;
    const value = (form.open ? reasons : expected)[i]?.value;
    if (value === undefined) return;
    if (form.open) this.change(this.slot, "reasons", toggled(form.reasons, value));
    else this.change(this.slot, "expected", value);
  }

  openReasons(verdict) {
    this.change(this.slot, "open", verdict);
    this.tell(`Why? Give a reason, then press ${VERDICTS[verdict].label} again.`);
    if (!this.sitting.rubric.reasons.length) this.focusOn("reasons");
  }

  openNote() {
    if (!this.slot) return;
    this.slot.noting = true;
    this.paint();
    this.focusOn("note");
  }

  showKeys() {
    if (this.sheet.open) this.sheet.close();
    else this.sheet.showModal();
  }

  focus() {
    this.root.focus({ preventScroll: true });
  }

  focusOn(name) {
    const target = this.slot?.answers.first[name];
    target?.closest("details")?.setAttribute("open", "");
    target?.focus();
  }

  // What is on the screen.

  /** The slot of a case: the one that is there already, with its answers, or a new one. */
  slotFor(shown, draft = null) {
    const known = [this.slot, this.next].find((slot) => slot?.shown.ticket === shown?.ticket);
    if (known || !shown) return known ?? null;
    const { rubric } = this.sitting;
    const input = inputView(shown, rubric);
    const form = formOf(draft);
    const slot = { shown, input, form, unseen: new Set(input.querySelectorAll(".end")), stillness: stillness(shown) };
    Object.assign(slot, { passing: new Map(), id: null, noting: false, ms: draft?.visible_ms ?? 0 });
    const change = (name, value) => this.change(slot, name, value);
    slot.answers = answersView(shown, form, rubric, change, () => this.sendNote());
    return slot;
  }

  /** Bring a case to the screen, or none, and keep the one after it. */
  put(slot, next = null) {
    this.act();
    this.ends.disconnect();
    Object.assign(this, { slot, next });
    if (!this.frame) return;
    this.frame.input.replaceChildren(slot?.input ?? "");
    this.frame.answers.replaceChildren(slot?.answers.box ?? "");
    for (const mark of slot?.unseen ?? []) this.ends.observe(mark);
    if (this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView({ block: "start" });
  }

  tell(text, tone = "") {
    this.said = { text, tone };
    this.paint();
  }

  unseen() {
    return `read to the end; not yet on the screen: ${plural(this.slot.unseen.size, "part")} of the input`;
  }

  /** Bring the page in line with the state. */
  paint() {
    const { frame, slot, sent } = this;
    const waiting = sent && { text: sent.late ? QUEUED : "Saving", tone: "busy" };
    const { text, tone } = this.said.tone === "warn" ? this.said : (waiting ?? this.said);
    if (this.line.textContent !== text) this.line.replaceChildren(...visible(text));
    this.line.dataset.tone = tone;
    this.lock.textContent = slot?.unseen.size ? `Locked: ${this.unseen()}.` : "";
    this.tools.hidden = !frame;
    this.noter.hidden = !slot;
    if (!frame) return;
    frame.progress.max = Math.max(1, this.progress.decided + this.progress.waiting);
    frame.progress.value = this.progress.decided;
    frame.count.textContent = progressText(this.progress);
    frame.notices.replaceChildren(...this.notices.map((notice) => h("p", {}, line(notice))));
    if (!slot && !sent) frame.input.replaceChildren(doneView(this.progress));
    frame.box.classList.toggle("empty", !slot);
    slot?.answers.mark(slot.noting);
    for (const verdict of frame.verdicts) {
      const name = verdict.dataset.verdict;
      verdict.setAttribute("aria-disabled", String(Boolean(slot?.unseen.size || sent?.late)));
      if (explains(name)) verdict.setAttribute("aria-expanded", String(slot?.form.open === name));
    }
  }
}

export default {
  render: ({ model, el }) => new Review(model, el).leave,
};
