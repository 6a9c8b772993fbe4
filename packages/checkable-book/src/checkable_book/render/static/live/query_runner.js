/* Runs a reader's query: one statement, on a copy of the data that is thrown away,
   with a limit of rows and of time. It runs beside the page, so that it can be
   stopped at any moment. The program of that second process is made here from the
   page's own, since a page that is opened as a file may load no other. */
(() => {
  const book = window.checkableBook;
  const ROWS = 500;
  const SECONDS = 10;

  /* What runs beside the page; it sees nothing of the page. */
  const worker = () => {
    self.onmessage = async ({ data: { bytes, sql, limit } }) => {
      try {
        const engine = await self.initSqlJs({ useOldExtensionFunctions: false });
        const database = new engine.Database(bytes);
        database.run("PRAGMA query_only = ON");
        let found;
        for (const statement of database.iterateStatements(sql)) {
          if (found) throw new Error("more than one statement");
          const columns = statement.getColumnNames();
          const rows = [];
          while (rows.length <= limit && statement.step()) rows.push(statement.get(null, { useBigInt: true }));
          found = { columns, rows: rows.slice(0, limit), cut: rows.length > limit };
        }
        self.postMessage(found ?? { error: "no statement" });
      } catch (error) {
        self.postMessage({ error: error.message });
      }
    };
  };

  let program;
  const address = () => program ??= URL.createObjectURL(new Blob(
    [`var initSqlJsPromise; self.initSqlJs = ${window.initSqlJs};\n(${worker})();`],
    { type: "text/javascript" },
  ));

  const reasonOf = (message) => {
    const known = [
      [/no such table: (.+)/, "live_ask_no_table"],
      [/no such column: (.+)/, "live_ask_no_column"],
      [/no such function: (.+)/, "live_ask_function"],
      [/near "(.*)": syntax error/, "live_ask_syntax"],
      [/incomplete input/, "live_ask_incomplete"],
      [/readonly database|query_only|not authorized/, "live_ask_writes"],
      [/more than one statement/, "live_ask_one"],
      [/no statement/, "live_ask_empty"],
    ];
    for (const [pattern, key] of known) {
      const found = pattern.exec(message);
      if (found) return book.words(key, { name: found[1] });
    }
    return book.words("live_ask_other", { message });
  };

  const begin = (bytes, sql) => {
    const process = new Worker(address());
    let stop;
    const result = new Promise((resolve, reject) => {
      const end = (act, value) => { clearTimeout(timer); process.terminate(); act(value); };
      const timer = setTimeout(() => end(reject, new Error(book.counted("live_ask_slow", SECONDS))), SECONDS * 1000);
      stop = () => end(reject, new Error(book.words("live_ask_stopped")));
      process.onmessage = ({ data }) => (data.error === undefined
        ? end(resolve, { ...data, rows: data.rows.map((row) => row.map((cell) => (cell === null ? null : book.plain(cell)))) })
        : end(reject, new Error(reasonOf(data.error))));
      process.onerror = (event) => { event.preventDefault(); end(reject, new Error(book.words("live_ask_no_process"))); };
      process.postMessage({ bytes, sql, limit: ROWS });
    });
    return { result, stop: () => stop() };
  };

  /* Begin to run a query over the data, with the reader's values; return its result to come, and what stops it. */
  book.run = (sql) => {
    let inner;
    let stopped = false;
    const run = async () => {
      if (!sql.trim()) throw new Error(book.words("live_ask_empty"));
      await book.database.open();
      const { database } = book.database.overridden(book.current);
      book.evidence.evaluate(database);
      const bytes = database.export();
      database.close();
      if (stopped) throw new Error(book.words("live_ask_stopped"));
      try {
        inner = begin(bytes, sql);
      } catch {
        throw new Error(book.words("live_ask_no_process"));
      }
      return inner.result;
    };
    return { result: run(), stop: () => { stopped = true; inner?.stop(); } };
  };
})();
