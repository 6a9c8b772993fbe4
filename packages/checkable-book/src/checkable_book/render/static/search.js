/* Searches the book: pages by how well they answer, each with the part that answers
   best and a line from it. What is searched stands in search-index.js, so that the
   search works without a server. Whatever comes from the index or the address is set as text. */
(() => {
  const { terms } = window.checkableBook;
  const { records, labels } = window.checkableBookSearch;
  const place = document.getElementById("search-results");
  const asked = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  const say = (key, values = {}) => labels[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  for (const field of document.querySelectorAll('input[name="q"]')) field.value = asked;
  if (!place || !asked) return;

  const index = new MiniSearch({ fields: ["page", "heading", "text"], tokenize: terms.words, processTerm: terms.stem });
  index.addAll(records.map((record, id) => ({ ...record, id })));

  const slots = terms.slots(asked);
  const find = (combineWith) => index.search({
    combineWith,
    queries: slots.map(({ phrases }) => ({
      combineWith: "OR", queries: phrases.map((phrase) => ({ combineWith: "AND", queries: phrase })),
    })),
  }, {
    boost: { page: 4, heading: 3 },
    processTerm: (term) => term,
    prefix: (term) => term.length > 3,
    fuzzy: (term) => (term.length > 5 ? 0.15 : false),
    weights: { prefix: 0.3, fuzzy: 0.1 },
  });
  // Pages that have every word come first; where they are few, pages that have some follow.
  const pages = new Map();
  const add = (results) => {
    const known = new Set(pages.keys());
    for (const result of results) {
      const page = records[result.id].address.split("#")[0];
      const held = pages.get(page);
      if (known.has(page)) continue;
      if (held) held.score += result.score * 0.15; // other parts of the page answer too
      else pages.set(page, { score: result.score, result, after: known.size > 0 });
    }
  };
  add(find("AND"));
  const every = pages.size > 0;
  if (pages.size < 3) add(find("OR"));

  const ranked = [...pages.values()].sort((one, other) => one.after - other.after || other.score - one.score).slice(0, 25);

  const snippet = ({ id, terms: matched }) => {
    const said = new Set(matched);
    const hits = (part) => new Set(terms.words(part).map(terms.stem).filter((word) => said.has(word))).size;
    const parts = records[id].text.split(/ · |(?<=[.!?:]) /u).filter(Boolean);
    const best = parts.reduce((most, part, at) => (hits(part) > most.hits ? { at, hits: hits(part) } : most), { at: 0, hits: -1 });
    const shown = make("p", { className: "context" });
    const text = `${parts[best.at] ?? ""} ${parts[best.at + 1] ?? ""}`.trim().slice(0, 240);
    for (const piece of text.split(/([\p{L}\p{N}]+)/u)) {
      const [word] = terms.words(piece);
      shown.append(word && said.has(terms.stem(word)) ? make("mark", { textContent: piece }) : piece);
    }
    return shown;
  };

  place.replaceChildren(
    make("p", { className: "search-found", textContent: ranked.length ? say("found", { query: asked }) : say("none", { query: asked }) }),
    make("p", { textContent: ranked.length ? (every ? "" : say("some")) : say("advice") }),
    make("ul", { className: "search" }, ...ranked.map(({ result }) => {
      const { address, page, heading } = records[result.id];
      const name = heading && heading !== page ? `${page}: ${heading}` : page;
      return make("li", {}, make("a", { href: address, textContent: name }), snippet(result));
    })),
  );
  place.setAttribute("role", "status");
})();
