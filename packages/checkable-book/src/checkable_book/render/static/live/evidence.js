/* The evidence for each claim over a database: every check is asked, and the same
   view as in the build says what follows (checkable_book.data.claims). */
(() => {
  const book = window.checkableBook;
  const { claims, evidence, tables } = book.data;

  const answer = (database, query) => {
    try {
      return book.database.cell(database, query);
    } catch {
      return null;
    }
  };

  // What stays the same in every database: the published value as it is written, and the statement in the page's language.
  const published = () => {
    const { fields, rows } = tables.published_claims;
    const place = (name) => fields.findIndex((field) => field.name === name);
    const said = place(`statement_${book.language}`) < 0 ? place("statement") : place(`statement_${book.language}`);
    return new Map(rows.map((row) => [row[place("claim")], { statement: row[said] ?? "", unit: row[place("unit")] ?? "" }]));
  };
  let about;

  /* Return every claim with the value found and the kind of evidence, and put the kinds into the database.
     Given the paper's evidence and the tables that overrides touch, only checks that read those are asked again. */
  const evaluate = (database, paper, touched) => {
    if (!evidence.definitions.length) return [];
    const before = new Map(paper?.map((one) => [one.claim, one.answer]));
    const answers = new Map();
    database.run("BEGIN");
    const insert = database.prepare("INSERT OR REPLACE INTO check_results VALUES (?, ?)");
    for (const [claim, { query, tables: read = [] }] of Object.entries(claims)) {
      if (!query) continue;
      const stays = before.has(claim) && !read.some((table) => touched.has(table));
      answers.set(claim, stays ? before.get(claim) : answer(database, query));
      insert.run([claim, book.checked(answers.get(claim))]);
    }
    insert.free();
    database.run("INSERT OR REPLACE INTO evidence SELECT claim, section, kind, role FROM evidence_of_claims");
    database.run("COMMIT");
    about ??= published();
    return book.database.rows(database, "SELECT claim, section, kind, role FROM evidence").map(({ claim, section, kind, role }) => ({
      claim, section, kind, role, answer: answers.get(claim) ?? null, ...about.get(claim),
    }));
  };

  // An answer as the build keeps it: a number as text where JavaScript would hand it on as another kind.
  book.checked = (value) => (typeof value === "number" || typeof value === "bigint" ? book.plain(value) : value);

  book.evidence = { evaluate };
})();
