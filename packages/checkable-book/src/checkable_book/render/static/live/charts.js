/* Draws charts and pictures anew where their marks say what they follow, and says
   of the others that they show the paper's values although their data was changed. */
(() => {
  const book = window.checkableBook;
  const kept = new Map(); // specifications as the paper has them, by the element that holds them
  const noted = new Set(); // charts that say that they are drawn with a reader's values

  const mixed = (light, dark, part) => `#${[1, 3, 5].map((at) => {
    const [low, high] = [light, dark].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16));
    return Math.round(low + (high - low) * Math.min(Math.max(part, 0), 1)).toString(16).padStart(2, "0");
  }).join("")}`;

  /* Return what a field of a mark shows over a database; what is asked twice is computed once. */
  const reader = (database) => {
    const answers = new Map();
    const answer = (query) => {
      if (!answers.has(query)) answers.set(query, book.database.cell(database, query));
      return answers.get(query);
    };
    const written = (value) => (value === null ? "—" : book.written(value, ""));
    return (field, [first, ...rest]) => {
      if (["words", "said"].includes(field)) {
        let at = 0;
        return first.replaceAll("{}", () => written(answer(rest[at++])));
      }
      if (field === "fill") return mixed(...rest, Number(answer(first)));
      return Math.round(10 * (rest[0] + rest[1] * Number(answer(first)))) / 10;
    };
  };

  const marks = (specification) => Object.values(specification.datasets ?? {}).flat().filter((mark) => mark.follows);

  const near = (one, other) => (typeof one === "number" ? Math.abs(one - other) < 0.15 : one === other);

  /* Put what follows into one specification; return it as text, or null where nothing differs. */
  const fill = (text, shown) => {
    const specification = JSON.parse(text);
    let differs = false;
    for (const mark of marks(specification)) {
      for (const [field, asked] of Object.entries(mark.follows)) {
        const value = shown(field, asked);
        if (near(mark[field], value)) continue;
        mark[field] = value;
        differs = true;
      }
    }
    return differs ? JSON.stringify(specification) : null;
  };

  const note = (place) => {
    const said = Object.assign(document.createElement("p"), { className: "chart-what-if", textContent: book.words("live_chart_yours") });
    place.before(said);
    noted.add(said);
  };

  const restore = () => {
    const charts = new Set([...kept.keys()].map((element) => element.closest(".chart")));
    for (const [element, text] of kept) element.textContent = text;
    kept.clear();
    for (const said of noted) said.remove();
    noted.clear();
    return charts;
  };

  const picture = (drawing, before, after) => {
    const follows = JSON.parse(drawing.dataset.follows);
    let differs = false;
    for (const [count, name] of Object.entries(follows)) {
      const [was, is] = [before, after].map((database) => book.values.textOf(database, name) ?? "—");
      if (was === is) continue;
      const shown = [...drawing.querySelectorAll("[data-count]")].filter((one) => one.dataset.count === count);
      // What no mark counts stands in the note below.
      for (const place of shown.length ? shown : drawing.querySelectorAll(".flow-note")) {
        const number = new RegExp(`(?<![\\d.,])${was.replace(/[.*+?^$()[\]{}|\\]/g, "\\$&")}(?![\\d]|[.,]\\d)`);
        if (!number.test(place.textContent)) continue;
        book.page.replace(place, place.textContent.replace(number, () => is));
        differs = true;
      }
    }
    if (differs) note(drawing.querySelector(".flow-view"));
    return differs;
  };

  const specifications = (chart) => [...chart.querySelectorAll(".chart-spec")];

  /* Return how many charts follow, how many do not though their data changed, and a promise of the drawing. */
  const update = (before, after, overrides) => {
    const drawn = restore(); // these show other values still
    const touched = new Set(overrides.map((override) => override.table));
    const reads = (source) => touched.has(source)
      || Object.keys(book.data.views[source]?.reads ?? {}).some((table) => touched.has(table));
    const shown = reader(after);
    let redrawn = 0;
    let stale = 0;
    for (const chart of document.querySelectorAll(".chart, .flow")) {
      if (chart.dataset.follows) {
        redrawn += overrides.length && picture(chart, before, after) ? 1 : 0;
      } else if (specifications(chart).some((element) => element.textContent.includes('"follows"'))) {
        const texts = overrides.length ? specifications(chart).map((element) => [element, fill(element.textContent, shown)]) : [];
        const changed = texts.filter(([, text]) => text);
        for (const [element, text] of changed) {
          kept.set(element, element.textContent);
          element.textContent = text;
        }
        if (!changed.length) continue;
        note(chart.querySelector(".chart-view"));
        drawn.add(chart);
        redrawn += 1;
      } else {
        stale += (chart.dataset.source ?? "").split(" ").some(reads) ? 1 : 0;
      }
    }
    return { redrawn, stale, drawing: Promise.all([...drawn].map((chart) => chart.redraw?.())) };
  };

  book.charts = { marks, reader, update };
})();
