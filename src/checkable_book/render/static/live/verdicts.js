/* The evidence for each claim over a database, by the rules of
   checkable_book.data.evidence; what a check rests on is worked out by the build. */
(() => {
  const book = window.checkableBook;
  const { claims, kinds, tables } = book.data;

  const numeric = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
  const month = /^\d{4}-\d{2}$/;
  const same = (one, other) => {
    if (numeric.test(one) && numeric.test(other)) return Number(one) === Number(other);
    const dated = month.test(one) ? one : other;
    if (month.test(dated)) {
      return one.slice(0, 4) === other.slice(0, 4) && (one.length === 4 || other.length === 4 || one === other);
    }
    return one.toLowerCase() === other.toLowerCase();
  };

  const found = (database, query) => {
    try {
      return book.plain(book.database.cell(database, query));
    } catch {
      return "";
    }
  };
  const listed = (map, name, value) => map.set(name, [...(map.get(name) ?? []), value]);

  /* Return every claim with the value found and the kind of evidence, and put the kinds into the database.
     Given the paper's judgement and the tables that changes touch, only checks that read those are asked again. */
  const judge = (database, paper, touched) => {
    const before = new Map(paper?.map((one) => [one.claim, one.found]));
    if (!tables.published_claims) return [];
    const rows = book.database.rows(database, `SELECT claim, section, unit, published_value, same_as, statement_${book.language}
      AS statement FROM published_claims ORDER BY rowid`);
    const published = new Map(rows.map((row) => [row.claim, book.plain(row.published_value)]));
    const place = (name) => claims[name]?.place;
    const agreeing = new Map();
    const contradicting = new Set();
    for (const { claim, same_as: other } of rows) {
      if (!other || !published.has(other)) continue;
      const agrees = same(published.get(claim), published.get(other));
      if (!agrees) for (const one of [claim, other]) contradicting.add(one);
      else if (place(claim) !== place(other)) { listed(agreeing, claim, other); listed(agreeing, other, claim); }
    }
    const outside = new Map();
    for (const fact of tables.outside_facts ? book.database.rows(database, "SELECT claim, outside_value, status FROM outside_facts") : []) {
      if (fact.outside_value && fact.status !== "unconfirmed") listed(outside, fact.claim, fact);
    }
    const readings = new Map();
    for (const row of tables.second_reading ? book.database.rows(database, "SELECT target, settled, value FROM second_reading ORDER BY rowid") : []) {
      if (row.target) readings.set(row.target, row.settled || row.value || "");
    }
    const confirms = (claim, cells) => [`claim:${claim}`, ...cells]
      .some((target) => readings.has(target) && same(readings.get(target), published.get(claim)));

    // Two places agree where each is known to say so: by its own check, or by both readers.
    const answered = ({ claim }) => {
      const { query = "", tables: read = [] } = claims[claim] ?? {};
      const stays = before.has(claim) && !read.some((table) => touched.has(table));
      return [claim, stays ? before.get(claim) : query && found(database, query)];
    };
    const results = new Map(rows.map(answered));
    const known = (claim) => (results.get(claim) && same(results.get(claim), published.get(claim)))
      || confirms(claim, claims[claim]?.cells ?? []);

    const judged = rows.map((row) => {
      const { claim } = row;
      const value = published.get(claim);
      const { kind: basis = "", cells = [] } = claims[claim] ?? {};
      const result = results.get(claim);
      const facts = outside.get(claim) ?? [];
      const said = new Set();
      if (result) {
        let kind = basis;
        if (!same(result, value)) kind = kind === "agrees_elsewhere" ? "contradicted" : "differs";
        else if (kind === "transcribed_twice" && !confirms(claim, cells)) kind = "";
        said.add(kind);
      }
      if (contradicting.has(claim)) said.add("contradicted");
      if (known(claim) && (agreeing.get(claim) ?? []).some(known)) said.add("agrees_elsewhere");
      for (const fact of facts) {
        if (!same(fact.outside_value, value)) said.add("differs_outside");
        else said.add(fact.status === "confirmed" ? "confirmed_outside" : "partly_confirmed_outside");
      }
      if (!result && confirms(claim, [])) said.add("transcribed_twice");
      const evidence = [...kinds.warning, ...kinds.supporting].find((kind) => said.has(kind)) ?? "not_checkable";
      return { claim, section: row.section, unit: row.unit ?? "", found: result, evidence, statement: row.statement };
    });
    database.run("BEGIN");
    const insert = database.prepare("INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)");
    for (const { claim, section, evidence } of judged) insert.run([claim, section, evidence]);
    insert.free();
    database.run("COMMIT");
    return judged;
  };

  book.verdicts = { judge, same };
})();
