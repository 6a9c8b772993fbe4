/* Puts what follows from a reader's values into the page: numbers, cells of the
   printed files, claims and their totals; marks what has changed, and takes all
   of it back. Whatever comes from data or an address is set as text. */
(() => {
  const book = window.checkableBook;
  const kept = new Map(); // what stood there, by element
  const { tables, kinds } = book.data;

  const replace = (element, text, mark = element) => {
    if (!kept.has(element)) kept.set(element, { nodes: [...element.childNodes], mark, title: mark.getAttribute("title") });
    element.replaceChildren(text);
    mark.classList.add("yours");
    mark.title = book.words("live_paper", { value: kept.get(element).nodes.map((node) => node.textContent).join("") });
  };

  const restore = () => {
    for (const [element, { nodes, mark, title }] of kept) {
      element.replaceChildren(...nodes);
      mark.classList.remove("yours");
      if (title === null) mark.removeAttribute("title"); else mark.title = title;
    }
    kept.clear();
  };

  const base = new Map(); // what the names of this page give over the paper's values
  const values = (before, after) => {
    const changed = [];
    const texts = new Map();
    for (const link of document.querySelectorAll("a.value[data-name]")) {
      const { name } = link.dataset;
      if (!base.has(name)) base.set(name, book.results.said(before, name));
      if (!texts.has(name)) texts.set(name, book.results.said(after, name));
      const text = texts.get(name) ?? "—";
      if (text === (base.get(name) ?? "—")) continue;
      const meaning = link.title || link.dataset.title || "";
      const was = link.textContent;
      replace(link.querySelector("data") ?? link, text, link);
      link.title = `${meaning} · ${link.title}`;
      if (!changed.some((one) => one.name.replace(/ words$/, "") === name.replace(/ words$/, ""))) {
        changed.push({ name, link, was, text, meaning });
      }
    }
    return changed;
  };

  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const cells = (changes) => {
    for (const { table, key, column, value } of changes) {
      const row = document.getElementById([table, ...key.map(slug)].join("-"));
      const cell = row?.closest("details.whole") && [...row.cells].find((one) => one.dataset.label === column);
      if (cell && cell.textContent !== value) replace(cell, value);
    }
  };

  const claimText = ({ found, unit }) => {
    if (["yes", "no"].includes(found)) return book.words(found);
    return found && book.written(book.typed(found), unit);
  };
  const verdicts = (before, after) => {
    const old = new Map(before.map((one) => [one.claim, one]));
    const changed = after.filter((one) => !old.has(one.claim) || one.evidence !== old.get(one.claim).evidence);
    for (const one of after) {
      const was = old.get(one.claim);
      const row = document.getElementById(`claim-${one.claim}`);
      if (!row || !was) continue;
      const cell = (label) => [...row.cells].find((part) => part.dataset.label === book.words(label));
      if (one.found !== was.found) replace(cell("found_value"), claimText(one));
      if (one.evidence !== was.evidence) replace(cell("evidence"), book.words(`evidence_${one.evidence}`));
    }
    totals(before, after);
    chapter(before, after);
    return changed.map((one) => ({ ...one, was: old.get(one.claim)?.evidence }));
  };

  const totals = (before, after) => {
    const sections = [...new Set(before.map((one) => one.section))];
    const counted = (judged, section) => {
      const counts = kinds.all.map((kind) =>
        judged.filter((one) => one.evidence === kind && (section === undefined || one.section === section)).length);
      return [...counts, counts.reduce((sum, count) => sum + count, 0)];
    };
    [...sections, undefined].forEach((section, at) => {
      const row = document.getElementById(`claim-totals-row-${at + 1}`);
      if (!row) return;
      const old = counted(before, section);
      counted(after, section).forEach((count, place) => {
        if (count !== old[place]) replace(row.cells[place + 1], book.written(BigInt(count), ""));
      });
    });
  };

  // The line that says on what the claims of a chapter rest.
  const chapter = (before, after) => {
    const line = document.querySelector(".chapter-claims > span");
    if (!line || !tables.sections) return;
    const name = location.pathname.split("/").at(-1).replace(/\.html$/, "");
    const { fields, rows } = tables.sections;
    const [section, page] = ["section", "chapter"].map((wanted) => fields.findIndex((field) => field.name === wanted));
    const here = new Set(rows.filter((row) => row[page] === name).map((row) => row[section]));
    const counts = (judged) => kinds.all
      .map((kind) => [judged.filter((one) => here.has(one.section) && one.evidence === kind).length, kind])
      .filter(([count]) => count)
      .map(([count, kind]) => `${book.written(BigInt(count), "")} ${book.words(`evidence_${kind}`)}`).join("; ");
    if (counts(before) !== counts(after)) replace(line, book.words("chapter_claims", { counts: counts(after) }));
  };

  book.page = { replace, restore, values, cells, verdicts };
})();
