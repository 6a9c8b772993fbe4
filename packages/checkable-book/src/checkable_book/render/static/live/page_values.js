/* Puts what follows from a reader's values into the page: numbers, cells of the
   printed files, claims and their totals; marks what has changed, and takes all
   of it back. Whatever comes from data or an address is set as text. */
(() => {
  const book = window.checkableBook;
  const kept = new Map(); // what stood there, by element

  const replace = (element, text, mark = element) => {
    if (!kept.has(element)) kept.set(element, { nodes: [...element.childNodes], mark, title: mark.getAttribute("title") });
    element.replaceChildren(text);
    mark.classList.add("tried");
    mark.title = book.words("live_paper", { value: kept.get(element).nodes.map((node) => node.textContent).join("") });
  };

  const restore = () => {
    for (const [element, { nodes, mark, title }] of kept) {
      element.replaceChildren(...nodes);
      mark.classList.remove("tried");
      if (title === null) mark.removeAttribute("title"); else mark.title = title;
    }
    kept.clear();
  };

  const base = new Map(); // what the names of this page give over the paper's values
  const values = (before, after) => {
    const changed = [];
    const texts = new Map();
    for (const place of document.querySelectorAll(".value[data-name]")) {
      const { name, unit = "" } = place.dataset;
      const asked = `${unit}/${name}`;
      if (!base.has(asked)) base.set(asked, book.values.textOf(before, name, book.language, unit));
      if (!texts.has(asked)) texts.set(asked, book.values.textOf(after, name, book.language, unit));
      const text = texts.get(asked) ?? "—";
      if (text === (base.get(asked) ?? "—")) continue;
      const meaning = place.title || place.dataset.title || "";
      const was = place.textContent;
      replace(place.querySelector("data") ?? place, text, place);
      place.title = `${meaning} · ${place.title}`;
      if (!changed.some((one) => one.name.replace(/ words$/, "") === name.replace(/ words$/, ""))) {
        changed.push({ name, link: place, was, text, meaning });
      }
    }
    return changed;
  };

  const cells = (overrides) => {
    for (const { table, key, column, value } of overrides) {
      const folded = [...document.querySelectorAll("details.whole[data-table]")].find((one) => one.dataset.table === table);
      const row = folded?.querySelector(`tr[data-row="${book.overrides.row(table, key)}"]`);
      const cell = row && [...row.cells].find((one) => one.dataset.label === column);
      if (cell && cell.textContent !== value) replace(cell, value);
    }
  };

  const answerText = ({ answer, unit }) => {
    const text = book.plain(answer);
    if (["yes", "no"].includes(text)) return book.words(text);
    return answer === null ? "" : book.written(book.typed(answer), unit);
  };
  const claims = (before, after) => {
    const old = new Map(before.map((one) => [one.claim, one]));
    for (const one of after) {
      const was = old.get(one.claim);
      const row = document.getElementById(`claim-${one.claim}`);
      if (!row || !was) continue;
      const cell = (label) => [...row.cells].find((part) => part.dataset.label === book.words(label));
      if (answerText(one) !== answerText(was)) replace(cell("found_value"), answerText(one));
      if (one.kind !== was.kind) replace(cell("evidence"), book.words(`evidence_${one.kind}`));
    }
    return after.filter((one) => one.kind !== old.get(one.claim)?.kind)
      .map((one) => ({ ...one, was: old.get(one.claim)?.kind ?? "not_checkable" }));
  };

  book.page = { replace, restore, values, cells, claims };
})();
