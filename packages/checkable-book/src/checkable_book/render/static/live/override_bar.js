/* The bar that says, on every page, that the values are a reader's, what follows
   from them here and in the claims, and that takes them back. */
(() => {
  const book = window.checkableBook;
  let bar;

  const element = (name, properties = {}, ...content) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...content);
    return made;
  };
  const button = (text, act) => {
    const made = element("button", { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  };

  const build = () => {
    bar = element("section", { id: "what-if-bar" });
    bar.setAttribute("aria-label", book.words("live_bar"));
    const said = element("p", { className: "what-if-said" });
    said.setAttribute("aria-live", "polite");
    const details = element("details", {}, element("summary"), element("div", { className: "what-if-list" }));
    const list = details.querySelector(".what-if-list");
    list.tabIndex = 0; // it scrolls, which keys must reach too
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", book.words("live_what_changed"));
    bar.append(said, details, button(book.words("live_take_back"), () => book.set([])));
    document.body.append(bar);
  };

  const listOf = (title, items) => (items.length ? [element("h2", { textContent: title }), element("ul", {}, ...items)] : []);

  const ownCell = (override, overrides) => {
    const address = book.overrides.address(override);
    const told = `${address.replaceAll("/", " · ")}: ${book.overrides.published(override) || "—"} → ${override.value || "—"} `;
    const back = button(book.words("live_take_this_back"), () => book.set(overrides.filter((one) => one !== override)));
    back.setAttribute("aria-label", `${back.textContent}: ${address}`);
    return element("li", {}, told, back);
  };
  const number = (one) => {
    one.link.id ||= `what-if-${Math.random().toString(36).slice(2)}`;
    const link = element("a", { href: `#${one.link.id}`, textContent: one.meaning || one.name });
    return element("li", {}, link, `: ${one.was} → ${one.text}`);
  };
  const evidence = (one) => {
    const { evidence: address } = book.labels; // none where no page lists the claims
    const told = address ? element("a", { href: address + encodeURIComponent(one.claim), textContent: one.statement }) : one.statement;
    return element("li", {}, told, `: ${book.words(`evidence_${one.was}`)} → ${book.words(`evidence_${one.kind}`)}`);
  };

  /* Show what follows; without values and refusals the bar goes. */
  const show = ({ overrides, refused, numbers, claims, redrawn, stale, broken }) => {
    if (!overrides.length && !refused.length) {
      bar?.remove();
      bar = undefined;
      document.body.classList.remove("with-what-if");
      return;
    }
    if (!bar) build();
    document.body.classList.add("with-what-if");
    const summary = book.words("live_summary", {
      numbers: book.counted("live_numbers", numbers.length), verdicts: book.counted("live_verdicts", claims.length),
    });
    bar.querySelector(".what-if-said").textContent = `${book.words(overrides.length ? "live_yours" : "live_none_taken")} ${summary}`;
    bar.querySelector("summary").textContent = book.words("live_what_changed");
    const notes = [
      ...refused.map((one) => `${one.address}: ${one.value} — ${book.words("live_refused")} ${one.reason}`),
      ...broken.map((meaning) => `${book.words("live_broken")} ${meaning}`),
      ...(redrawn ? [book.counted("live_charts", redrawn)] : []),
      ...(stale ? [book.counted("live_stale", stale)] : []),
    ];
    bar.querySelector(".what-if-list").replaceChildren(
      ...listOf(book.words("live_your_values"), overrides.map((override) => ownCell(override, overrides))),
      ...listOf(book.words("live_notes"), notes.map((textContent) => element("li", { textContent }))),
      ...listOf(book.words("live_numbers_here"), numbers.map(number)),
      ...listOf(book.words("live_verdicts_changed"), claims.map(evidence)),
    );
  };

  book.bar = { show, element, button, focus: () => bar?.querySelector("summary").focus() };
})();
