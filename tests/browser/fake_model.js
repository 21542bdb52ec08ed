/** A model that speaks the desk's side of the contract: it keeps what was sent and answers at once. */
export function fakeModel(options = {}) {
  const listeners = new Set();
  const deck = options.cases ?? [];
  const rubric = options.rubric;
  const drafts = {};
  const decided = [];
  let at = 0;
  const progress = () => ({ decided: decided.length, waiting: deck.length - at, seconds: (deck.length - at) * 12 });
  const here = () => ({
    kind: "here", reviewer: "ana", buttons: ["skip", "keep", "revise", "reject"], rubric,
    case: deck[at] ?? null, next: deck[at + 1] ?? null, draft: drafts[deck[at]?.ticket] ?? null,
    progress: progress(), demo: false, told: null, adjudicates: false, ...options.here,
  });
  const fake = {
    sent: [], late: [], hold: false, extra: options.extra,
    get: () => undefined, save_changes: () => {}, off: (_, callback) => listeners.delete(callback),
    on: (_, callback) => listeners.add(callback),
    deliver: (message) => listeners.forEach((callback) => callback(structuredClone(message))),
    decisions: () => fake.sent.filter((message) => message.kind === "decide"),
    /** Put an untouched case on the screen, as if another view had decided. */
    fresh: (shown) => fake.deliver({ ...here(), case: shown, next: null, draft: null }),
    release: () => { fake.hold = false; fake.late.splice(0).forEach((message) => fake.deliver(message)); },
    reply: (message) => (fake.hold ? fake.late.push(message) : fake.deliver(message)),
    send(message) {
      fake.sent.push(structuredClone(message));
      answers[message.kind]?.(message);
    },
  };
  const answers = {
    hello: () => fake.reply(options.ask ? { kind: "ask", text: "Who reviews?" } : here()),
    reviewer: ({ name }) => fake.reply({ ...here(), reviewer: name }),
    draft: ({ ticket, draft }) => { drafts[ticket] = draft; },
    note: ({ id, ticket }) => fake.reply({ kind: "noted", id, ticket }),
    decide: (message) => {
      const answer = options.refuse ?? fake.answer;
      if (answer) return fake.reply({ ...answer, id: message.id, ticket: message.ticket });
      decided.push(message);
      at += 1;
      const { id, ticket, verdict } = message;
      fake.reply({ kind: "saved", id, ticket, verdict, next: deck[at + 1] ?? null, progress: progress(), pause: null, told: null, ...fake.extra });
    },
    undo: ({ id }) => {
      const back = decided.pop();
      if (!back) return fake.reply({ kind: "refused", id, text: "There is nothing to take back.", field: null });
      at -= 1;
      const shown = { ...deck[at], ticket: `${deck[at].ticket}f` };
      fake.reply({ kind: "undone", id, case: shown, next: deck[at + 1] ?? null, draft: back, progress: progress() });
    },
  };
  return fake;
}
