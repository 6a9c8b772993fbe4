/* The values that a reader tries: kept in the address, computed, and shown. */
(() => {
  const book = window.checkableBook;
  let paper; // the data as the paper has it, with its evidence

  book.current = [];
  book.text = () => book.overrides.write(book.current);

  const remember = () => {
    const address = new URL(location);
    if (book.text()) address.searchParams.set("if", book.text()); else address.searchParams.delete("if");
    address.search = book.readable(address.searchParams);
    history.replaceState(null, "", address);
  };

  const broken = (before, after) => book.data.rules
    .filter(({ query }) => book.database.rows(after, query).length > book.database.rows(before, query).length)
    .map((rule) => rule[`meaning_${book.language}`]);

  /* Take these values instead of those before, and show what follows from them. */
  book.set = async (overrides, refused = []) => {
    await book.database.open();
    performance.mark("what-if-begin");
    if (!paper) {
      paper = book.database.overridden([]).database;
      paper.claims = book.evidence.evaluate(paper);
    }
    const { database, refused: impossible } = book.database.overridden(overrides);
    const claims = book.evidence.evaluate(database, paper.claims, new Set(overrides.map((override) => override.table)));
    const out = new Set(impossible.map((one) => one.override));
    book.current = overrides.filter((override) => !out.has(override));
    book.page.restore();
    const outcome = {
      overrides: book.current,
      refused: [...refused, ...impossible],
      claims: book.page.claims(paper.claims, claims),
      numbers: book.page.values(paper, database),
      broken: broken(paper, database),
    };
    book.page.cells(book.current);
    const { drawing, ...charts } = book.charts.update(paper, database, book.current);
    book.bar.show({ ...outcome, ...charts });
    remember();
    database.close();
    await drawing;
    performance.measure("what-if", "what-if-begin");
    document.dispatchEvent(new CustomEvent("what-if", { detail: outcome }));
    return outcome;
  };

  /* Take the values that the address holds. */
  book.restore = () => {
    const { overrides, refused } = book.overrides.parse(new URLSearchParams(location.search).get("if") ?? "");
    return book.set(overrides, refused);
  };
})();
