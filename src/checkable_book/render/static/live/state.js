/* The values that a reader tries: kept in the address, computed, and shown. */
(() => {
  const book = window.checkableBook;
  let paper; // the data as the paper has it, with its claims judged

  book.current = [];
  book.text = () => book.changes.write(book.current);

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
  book.set = async (changes, refused = []) => {
    await book.database.open();
    performance.mark("yours-begin");
    if (!paper) {
      paper = book.database.changed([]).database;
      paper.judged = book.verdicts.judge(paper);
    }
    const { database, refused: impossible } = book.database.changed(changes);
    const judged = book.verdicts.judge(database, paper.judged, new Set(changes.map((change) => change.table)));
    const out = new Set(impossible.map((one) => one.change));
    book.current = changes.filter((change) => !out.has(change));
    book.page.restore();
    const outcome = {
      changes: book.current,
      refused: [...refused, ...impossible],
      numbers: book.page.values(paper, database),
      verdicts: book.page.verdicts(paper.judged, judged),
      broken: broken(paper, database),
    };
    book.page.cells(book.current);
    const { drawing, ...charts } = book.charts.update(paper, database, book.current);
    book.bar.show({ ...outcome, ...charts });
    remember();
    database.close();
    await drawing;
    performance.measure("yours", "yours-begin");
    document.dispatchEvent(new CustomEvent("yours", { detail: outcome }));
    return outcome;
  };

  /* Take the values that the address holds. */
  book.restore = () => {
    const { changes, refused } = book.changes.parse(new URLSearchParams(location.search).get("if") ?? "");
    return book.set(changes, refused);
  };
})();
