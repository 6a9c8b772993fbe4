/* Lets a reader choose, sort, share and save rows of the tables that ask for it
   (data-filters): a search field, a list of values for each named column, sorting
   by any column. What is chosen stands in the address under names that are the same
   in every language, so that a view can be shared and goes along where a reader
   changes over. Without scripts the whole table stands there. */
(() => {
  const book = window.checkableBook;
  const address = new URLSearchParams(location.search);
  const plain = { // until the stemmer of the language is there
    slots: (query) => query.toLowerCase().split(/\s+/).filter(Boolean),
    matches: (text, words) => words.every((word) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).some((own) => own.startsWith(word))),
  };
  const loadTerms = () => book.fetchScript("search-words.js").then(() => book.fetchScript("search_terms.js"));

  const add = (table) => {
    const words = JSON.parse(table.dataset.words);
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const titles = heads.map((cell) => cell.textContent);
    const texts = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(" ")]));
    const names = table.dataset.keys ? table.dataset.keys.split(" ") : titles;
    const key = (name) => `${table.dataset.name}.${name}`;
    const form = document.createElement("form");
    form.className = "table-filter";

    const labelled = (text, field) => {
      const label = document.createElement("label");
      label.append(`${text} `, field);
      form.append(label);
      return field;
    };
    const search = labelled(words.search, Object.assign(document.createElement("input"), { type: "search" }));
    search.value = address.get(key("search")) ?? "";
    const count = Object.assign(document.createElement("output"), { className: "table-count" });
    form.append(count);

    // A list of values: what it is called in the address, and which of them a row has.
    const lists = [];
    const offer = (title, name, valuesOf, labelOf) => {
      const list = labelled(title, document.createElement("select"));
      const values = new Map(rows.flatMap((row) => valuesOf(row).map((value) => [value, labelOf(row, value)])));
      list.append(new Option(words.all, ""), ...[...values].map(([value, label]) => new Option(label, value)));
      list.value = address.get(key(name)) ?? "";
      lists.push({ name, list, valuesOf });
    };
    table.dataset.filters.split(" ").forEach((place, at) => offer(
      titles[place], names[place],
      (row) => [row.dataset.values ? JSON.parse(row.dataset.values)[at] : row.cells[place].textContent],
      (row) => row.cells[place].textContent,
    ));
    if (table.dataset.subjects) {
      const subjects = JSON.parse(table.dataset.subjects);
      offer(words.about, "about", (row) => (row.dataset.about ?? "").split(" ").filter(Boolean), (row, one) => subjects[one]);
    }
    const limit = (text, name) => {
      const field = labelled(text, Object.assign(document.createElement("input"), { type: "number", min: 1900, max: 2100 }));
      field.value = address.get(key(name)) ?? "";
      return field;
    };
    const place = table.dataset.years; // the column of years or periods, if they can be chosen from
    const [from, to] = place ? [limit(words.from, "from"), limit(words.to, "to")] : [];
    const outside = (row) => {
      if (!place || !(from.value || to.value)) return false;
      const years = row.cells[place].textContent.match(/\d{4}/g)?.map(Number);
      return !years || Math.max(...years) < (from.value || 0) || Math.min(...years) > (to.value || Infinity);
    };
    const save = Object.assign(document.createElement("button"), { type: "button", textContent: words.save });
    form.append(save);

    const remember = (name, value) => {
      const address = new URL(location);
      if (value) address.searchParams.set(key(name), value); else address.searchParams.delete(key(name));
      history.replaceState(null, "", address);
    };

    const choose = () => {
      const terms = book.terms ?? plain;
      const wanted = terms.slots(search.value);
      let shown = 0;
      for (const row of rows) {
        row.hidden = outside(row)
          || lists.some(({ list, valuesOf }) => list.value && !valuesOf(row).includes(list.value))
          || !terms.matches(texts.get(row), wanted);
        shown += !row.hidden;
      }
      count.textContent = shown ? `${shown} / ${rows.length} ${words.shown}` : words.nothing;
    };
    const find = () => {
      choose();
      if (search.value && !book.terms) loadTerms().then(choose, () => {});
    };

    const sort = (place, down) => {
      const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
      const sorted = place === undefined ? rows : [...rows].sort((one, other) =>
        collator.compare(one.cells[place].textContent, other.cells[place].textContent) * (down ? -1 : 1));
      body.append(...sorted);
      heads.forEach((head, at) => {
        if (at === place) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
    };
    heads.forEach((head, place) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: titles[place] });
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        sort(place, down);
        remember("sort", `${down ? "-" : ""}${names[place]}`);
      });
      head.replaceChildren(button);
    });

    save.addEventListener("click", () => {
      const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
      const shown = [...body.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => cell.textContent));
      const lines = [titles, ...shown].map((cells) => cells.map(quoted).join(","));
      const file = new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" });
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${table.dataset.name}.csv` });
      link.click();
      URL.revokeObjectURL(link.href);
    });
    form.addEventListener("input", () => {
      find();
      remember("search", search.value);
      for (const { name, list } of lists) remember(name, list.value);
      if (place) { remember("from", from.value); remember("to", to.value); }
    });
    form.addEventListener("submit", (event) => event.preventDefault());

    table.before(form);
    find();
    const sorted = address.get(key("sort"));
    if (sorted) sort(names.indexOf(sorted.replace(/^-/, "")), sorted.startsWith("-"));
  };

  const anchor = (text) => {
    try {
      return decodeURIComponent(text);
    } catch { // no address that was ever made here
      return text;
    }
  };

  // A link to a row opens what the row is folded into; older browsers do not by themselves.
  const unfold = () => {
    const row = location.hash && document.getElementById(anchor(location.hash.slice(1)));
    const folded = row && row.closest("details:not([open])");
    if (folded) { folded.open = true; row.scrollIntoView(); }
  };

  document.querySelectorAll("table[data-filters]").forEach(add);
  addEventListener("hashchange", unfold);
  unfold();
})();
