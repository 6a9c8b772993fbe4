/* One work at a time, by keyboard, by touch or with a screen reader; each decision is saved at once. */
const { messages, criteria } = JSON.parse(document.getElementById("settings").textContent);
const main = document.getElementById("main");
const status = document.getElementById("status");
const say = (key, values = {}) => messages[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const pieces = (found) => found.map(([text, marked]) => (marked ? element("mark", {}, text) : text));

const tell = (text, fault = false) => {
  status.className = fault ? "fault" : "";
  status.textContent = text;
};

const ask = async (path, body) => {
  let response;
  try {
    response = await fetch(path, body && { method: "POST", body: JSON.stringify(body) });
  } catch {
    throw new Error(say("no_connection"));
  }
  const found = await response.json();
  if (!response.ok) throw new Error(found.fault);
  return found;
};

const fields = (found) => element("dl", {}, ...Object.entries(found).flatMap(([name, text]) => [
  element("dt", { textContent: messages[name] ?? name }), element("dd", { textContent: text }),
]));

const workOf = (found, level) => [
  element(level, {}, ...pieces(found.title)),
  fields(found.fields),
  ...(found.abstract.length ? [element("p", {}, ...pieces(found.abstract))] : [element("p", { textContent: say("no_abstract") })]),
];

/* Return the form for a decision: buttons, reasons, a note; `decide` is told what is chosen. */
const decisionForm = (found, decide, { keys = false, extra = [] } = {}) => {
  const form = element("form");
  const hint = (key) => (keys ? [element("kbd", { textContent: key.toUpperCase(), ariaHidden: "true" })] : []);
  const note = element("textarea", { value: found.answer?.note ?? "", maxLength: 10000 });
  const reasons = element("fieldset", {}, element("legend", { textContent: say("reason") }));
  const group = `reason-${found.record}`;
  const shown = [...found.reasons, ...(found.reasoned || !found.reasons.length ? [] : [""])];
  shown.forEach((name, place) => {
    const input = element("input", { type: "radio", name: group, value: name, checked: found.answer?.reason === name && found.answer?.decision === "exclude" });
    reasons.append(element("label", {}, input, element("span", {}, name ? criteria[name] ?? name : say("no_reason"), ...(name && place < 9 ? hint(String(place + 1)) : []))));
  });
  const reason = () => form.querySelector(`input[name="${CSS.escape(group)}"]:checked`)?.value;
  const choose = (decision, values = {}) => {
    const given = decision === "exclude" ? values.reason ?? reason() ?? "" : "";
    if (decision === "exclude" && found.reasoned && !given) {
      tell(say("choose_reason"), true);
      reasons.querySelector("input")?.focus();
      return;
    }
    decide({ decision, reason: given, note: note.value, ...values });
  };
  const letters = { include: "i", exclude: "e", not_retrieved: "r", ongoing: "o", awaiting_classification: "w" };
  const buttons = found.decisions.map((decision) => {
    const made = element("button", { type: "button", className: found.answer?.decision === decision ? "chosen" : "" }, say(decision), ...hint(letters[decision]));
    made.addEventListener("click", () => choose(decision));
    return made;
  });
  form.append(
    element("div", { className: "actions" }, ...buttons, ...extra.map(([key, text, act]) => {
      const made = element("button", { type: "button" }, text, ...hint(key));
      made.addEventListener("click", () => act(note.value));
      return made;
    })),
    ...(found.reasons.length ? [reasons] : []),
    element("label", {}, say("note"), ...hint("n"), note),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  return { form, note, choose, letters };
};

/* The view in which a reviewer screens. */
let keyboard = null; // what keys do in the view that is shown
const before = []; // the works that were decided on, to go back to
let shortcuts = localStorage.getItem("shortcuts") !== "off";

const showTask = (found) => {
  keyboard = null;
  const progress = element("p", { className: "progress", textContent: say("progress", found.progress) });
  if (!found.record) {
    const parts = [element("h1", { textContent: say("finished") }), progress];
    if (before.length) parts.push(backButton());
    main.replaceChildren(...parts);
    main.focus();
    return;
  }
  const decide = async (answer) => {
    if (keyboard === null) return; // one answer is on its way
    keyboard = null;
    const started = performance.now();
    try {
      const next = await ask("answer", { record: found.record, stage: found.stage, ...answer });
      before.push(`${found.record}@${found.stage}`);
      const named = answer.decision ? say(answer.decision) : say("maybe");
      tell(say("saved", { decision: named, waiting: next.progress.waiting }));
      showTask(next);
      document.body.dataset.milliseconds = Math.round(performance.now() - started);
    } catch (error) {
      tell(say("not_saved", { why: error.message }), true);
      keyboard = actions;
    }
  };
  const maybe = (note) => decide({ decision: "", reason: "", note, maybe: true });
  const built = decisionForm(found, decide, {
    keys: shortcuts,
    extra: [["m", say("maybe"), maybe], ...(before.length ? [["u", say("back"), goBack]] : [])],
  });
  const toggle = element("input", { type: "checkbox", checked: shortcuts });
  toggle.addEventListener("change", () => {
    shortcuts = toggle.checked;
    localStorage.setItem("shortcuts", shortcuts ? "on" : "off");
    showTask(found);
  });
  const heard = found.answer.decision ? [element("p", { textContent: say("decided_before", { decision: say(found.answer.decision) }) })] : [];
  main.replaceChildren(
    progress,
    element("p", { className: "stage", textContent: say(`stage_${found.stage}`) }),
    ...workOf(found, "h1"), ...heard, built.form,
    element("p", {}, element("label", {}, toggle, ` ${say("shortcuts")}`)),
  );
  const actions = {
    ...Object.fromEntries(found.decisions.map((decision) => [built.letters[decision], () => built.choose(decision)])),
    ...Object.fromEntries(found.reasons.slice(0, 9).map((reason, place) => [String(place + 1), () => built.choose("exclude", { reason })])),
    m: () => maybe(built.note.value),
    n: () => built.note.focus(),
    u: goBack,
  };
  keyboard = actions;
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
};

const goBack = async () => {
  const last = before.pop();
  if (last) await load(() => ask(`task?record=${encodeURIComponent(last)}`), showTask);
};
const backButton = () => {
  const made = element("button", { type: "button", textContent: say("back") });
  made.addEventListener("click", goBack);
  return made;
};

/* The view in which conflicts are settled. */
const showConflicts = ({ conflicts }) => {
  main.replaceChildren(element("h1", { textContent: say("conflicts") }));
  if (!conflicts.length) main.append(element("p", { textContent: say("no_conflicts") }));
  for (const found of conflicts) {
    const part = element("section");
    const settle = async (answer) => {
      await load(() => ask("resolution", { record: found.record, stage: found.stage, ...answer }), () => {
        part.remove();
        tell(say("saved", { decision: say(answer.decision), waiting: main.querySelectorAll("section").length }));
        if (!main.querySelector("section")) main.append(element("p", { textContent: say("no_conflicts") }));
        main.focus();
      });
    };
    const sides = found.said.map((one) => element("div", {},
      element("h3", { textContent: one.reviewer }),
      element("p", { textContent: [say(one.decision), criteria[one.reason] ?? one.reason].filter(Boolean).join(": ") }),
      ...(one.note ? [element("p", { textContent: one.note })] : [])));
    part.append(
      element("p", { className: "stage", textContent: say(`stage_${found.stage}`) }), ...workOf(found, "h2"),
      element("div", { className: "sides" }, ...sides),
      ...(found.involved ? [element("p", { textContent: say("involved") })] : []),
      decisionForm(found, settle).form);
    main.append(part);
  }
  main.focus();
};

/* The view in which possible duplicates are told apart. */
const showPairs = ({ pairs }) => {
  main.replaceChildren(element("h1", { textContent: say("pairs") }), element("p", { textContent: say(pairs.length ? "next_run" : "no_pairs") }));
  for (const pair of pairs) {
    const part = element("section");
    const button = (decision) => {
      const made = element("button", { type: "button", textContent: say(decision) });
      made.addEventListener("click", () => load(() => ask("pair", { record_a: pair.record_a, record_b: pair.record_b, decision }), () => {
        part.remove();
        tell(say("saved", { decision: say(decision), waiting: main.querySelectorAll("section").length }));
        main.focus();
      }));
      return made;
    };
    part.append(
      element("div", { className: "sides" }, ...pair.records.map(({ title, ...rest }) => element("div", {},
        element("h2", { textContent: title }), fields(Object.fromEntries(Object.entries(rest).filter(([, text]) => text)))))),
      element("div", { className: "actions" }, button("same"), button("different")));
    main.append(part);
  }
  main.focus();
};

const load = async (request, show) => {
  try {
    show(await request());
  } catch (error) {
    tell(say("not_saved", { why: error.message }), true);
  }
};

const VIEWS = { "#screening": ["task", showTask], "#conflicts": ["conflicts", showConflicts], "#pairs": ["pairs", showPairs] };
const route = () => {
  const name = location.hash in VIEWS ? location.hash : "#screening";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const link of document.querySelectorAll(".languages a")) link.hash = location.hash;
  keyboard = null;
  const [path, show] = VIEWS[name];
  load(() => ask(path), show);
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("textarea, input:not([type=radio]):not([type=checkbox])");
  if (event.key === "Escape" && typing) main.focus();
  if (typing || !shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const act = keyboard?.[event.key.toLowerCase()];
  if (act) {
    event.preventDefault();
    act();
  }
});
addEventListener("hashchange", route);
route();
