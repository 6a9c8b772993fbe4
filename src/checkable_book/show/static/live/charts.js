/* Computes the data of a page's charts anew, where the chart says by which query,
   and has it drawn again; says of the others that they show the paper's values. */
(() => {
  const book = window.checkableBook;
  const { tables } = book.data;
  const kept = new Map(); // specifications and descriptions as the paper has them

  const redraw = (chart, specification) => {
    chart.querySelector(".chart-spec").textContent = specification;
    chart.dispatchEvent(new CustomEvent("redraw"));
  };

  const restore = () => {
    for (const [chart, { specification, label }] of kept) {
      chart.querySelector(".chart-view").setAttribute("aria-label", label);
      chart.querySelector(".chart-yours")?.remove();
      chart.classList.remove("yours");
      redraw(chart, specification);
    }
    kept.clear();
  };

  const number = (value) => (value === null || value === undefined ? null : Number(value));
  const label = (value) => (value === null || value === undefined ? "—"
    : book.written(typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value, ""));
  // A label that the build wrote with a decimal (77.0) keeps it; one without stays without.
  const likeOld = (value, old) => (/\d[.,]\d$/.test(old) && typeof value === "number" ? book.written(value, "") : label(value));

  /* Put new rows into one dataset; return whether anything differs. */
  const fill = (specification, part, before, after) => {
    const rowsOf = (database) => {
      const found = new Map();
      for (const row of book.database.rows(database, part.query)) {
        found.set(Object.values(row).slice(0, part.rows[0].length).map(book.plain).join("\u0000"), row);
      }
      return found;
    };
    const [old, now] = [rowsOf(before), rowsOf(after)];
    const dataset = specification.datasets[part.dataset];
    let differs = false;
    part.rows.forEach((key, at) => {
      const [was, is] = [old, now].map((rows) => rows.get(key.join("\u0000")));
      for (const [field, column] of [...Object.entries(part.fields), ...Object.entries(part.labels)]) {
        if (book.plain(was?.[column] ?? null) === book.plain(is?.[column] ?? null)) continue;
        differs = true;
        const cell = dataset[at];
        const text = String(cell[field]);
        if (field in part.fields) cell[field] = number(is?.[column]) ?? 0;
        if (field in part.labels) {
          const said = likeOld(is?.[column], text);
          if (!(field in part.fields)) cell[field] = said;
          if (cell.said) cell.said = cell.said.split(", ").map((piece) => (piece === text ? said : piece)).join(", ");
        }
      }
    });
    return differs;
  };

  // An axis that the build fitted to the largest value is fitted again.
  const fit = (specification, was) => {
    const largest = (spec, field) => Math.max(...Object.values(spec.datasets).flat().map((row) => row[field]).filter(Number.isFinite));
    const walk = (part) => {
      if (!part || typeof part !== "object") return;
      if (part.field && part.scale?.domainMax) part.scale.domainMax *= largest(specification, part.field) / largest(was, part.field);
      for (const [name, inner] of Object.entries(part)) if (name !== "datasets") walk(inner);
    };
    walk(specification);
  };

  /* Redraw the charts that follow; return how many, and how many show the paper's values though their data changed. */
  const update = (before, after, changes) => {
    const touched = new Set(changes.map((change) => change.table));
    let redrawn = 0;
    let stale = 0;
    for (const chart of document.querySelectorAll(".chart, .flow")) {
      const live = chart.querySelector(".chart-live");
      if (!live) {
        stale += chart.dataset.source.split(" ").some((source) => touched.has(source)
          || Object.keys(book.data.views[source]?.reads ?? {}).some((table) => touched.has(table)));
        continue;
      }
      const element = chart.querySelector(".chart-spec");
      const specification = JSON.parse(element.textContent);
      const was = JSON.parse(element.textContent);
      const parts = JSON.parse(live.textContent);
      if (!parts.map((part) => fill(specification, part, before, after)).some(Boolean)) continue;
      fit(specification, was);
      const view = chart.querySelector(".chart-view");
      kept.set(chart, { specification: element.textContent, label: view.getAttribute("aria-label") });
      view.setAttribute("aria-label", `${book.words("live_chart_yours")} ${view.getAttribute("aria-label")}`);
      chart.classList.add("yours");
      const note = Object.assign(document.createElement("p"), { className: "chart-yours", textContent: book.words("live_chart_yours") });
      view.before(note);
      redraw(chart, JSON.stringify(specification));
      redrawn += 1;
    }
    return { redrawn, stale };
  };

  book.charts = { restore, update };
})();
