/* Runs a reader's query: one statement that reads, on a copy that is thrown
   away, with a limit of rows and of time. It runs beside the page where the
   browser lets it, so that it can be stopped at any moment; a page opened as a
   file steps through it, and can stop between two rows. */
(() => {
  const book = window.checkableBook;
  const ROWS = 500;
  const SECONDS = 10;

  /* Return a query without its comments and with its texts emptied, to look at its words. */
  const bare = (sql) => sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]/g,
    (part) => (/^(--|\/\*)/.test(part) ? " " : "''"));

  const refusal = (sql) => {
    const words = bare(sql).trim();
    if (!words) return book.words("live_ask_empty");
    if (/;\s*[^\s;]/.test(words)) return book.words("live_ask_one");
    if (!/^(select|with)\b/i.test(words) || /\b(pragma_\w+|sqlite_\w+)/i.test(words)) return book.words("live_ask_only_select");
    const greedy = /\b(zeroblob|randomblob|load_extension|writefile|readfile)\s*\(/i.exec(words);
    if (greedy) return book.words("live_ask_function", { name: greedy[1] });
    return null;
  };

  // Without a worker a query that feeds on itself could not be stopped before its first row.
  const endless = (sql) => {
    const words = bare(sql);
    return /\bwith\b/i.test(words) && !/\blimit\b/i.test(words)
      && [...words.matchAll(/(\w+)\s*(?:\([^()]*\))?\s*as\s*\(/gi)].some(([, name]) =>
        (words.match(new RegExp(`\\b(?:from|join|,)\\s*${name}\\b`, "gi")) ?? []).length > 1);
  };

  const plainly = (message) => {
    const known = [
      [/no such table: (.+)/, "live_ask_no_table"],
      [/no such column: (.+)/, "live_ask_no_column"],
      [/no such function: (.+)/, "live_ask_function"],
      [/near "(.*)": syntax error/, "live_ask_syntax"],
      [/incomplete input/, "live_ask_incomplete"],
      [/readonly database|query_only|not authorized/, "live_ask_writes"],
    ];
    for (const [pattern, key] of known) {
      const found = pattern.exec(message);
      if (found) return book.words(key, { name: found[1] });
    }
    return book.words("live_ask_other", { message });
  };

  const beside = (bytes, sql) => {
    const worker = new Worker(`${book.base}live/worker.js`);
    let stop;
    const result = new Promise((resolve, reject) => {
      const end = (act, value) => { clearTimeout(timer); worker.terminate(); act(value); };
      const timer = setTimeout(() => end(reject, new Error(book.words("live_ask_slow", { count: SECONDS }))), SECONDS * 1000);
      stop = () => end(reject, new Error(book.words("live_ask_stopped")));
      worker.onmessage = ({ data }) => (data.error === undefined ? end(resolve, data) : end(reject, new Error(plainly(data.error))));
      worker.onerror = (event) => { event.preventDefault(); end(reject, new Error(plainly(event.message))); };
      worker.postMessage({ bytes, sql, limit: ROWS });
    });
    return { result, stop: () => stop() };
  };

  const stepping = (bytes, sql) => {
    let stopped = false;
    const run = async () => {
      const database = new (book.database.engine().Database)(bytes);
      database.run("PRAGMA query_only = ON");
      const begun = performance.now();
      let pause = begun;
      try {
        const statement = database.prepare(sql);
        const columns = statement.getColumnNames();
        const rows = [];
        while (rows.length <= ROWS && statement.step()) {
          rows.push(statement.get(null, { useBigInt: true }).map((cell) => (cell === null ? null : book.plain(cell))));
          if (performance.now() - pause > 40) {
            await new Promise((resolve) => { setTimeout(resolve); });
            pause = performance.now();
            if (stopped) throw new Error("stopped");
            if (pause - begun > SECONDS * 1000) throw new Error("slow");
          }
        }
        statement.free();
        return { columns, rows: rows.slice(0, ROWS), cut: rows.length > ROWS };
      } catch (error) {
        if (error.message === "stopped") throw new Error(book.words("live_ask_stopped"));
        if (error.message === "slow") throw new Error(book.words("live_ask_slow", { count: SECONDS }));
        throw new Error(plainly(error.message));
      } finally {
        database.close();
      }
    };
    return { result: new Promise((resolve) => { setTimeout(resolve); }).then(run), stop: () => { stopped = true; } };
  };

  /* Begin to run a query over the data, with the reader's values; return its result to come, and what stops it. */
  book.run = (sql) => {
    let inner;
    let stopped = false;
    const begin = async () => {
      const reason = refusal(sql);
      if (reason) throw new Error(reason);
      const beside_ = location.protocol !== "file:";
      if (!beside_ && endless(sql)) throw new Error(book.words("live_ask_endless"));
      await book.database.open();
      const { database } = book.database.changed(book.current);
      book.verdicts.judge(database);
      const bytes = database.export();
      database.close();
      if (stopped) throw new Error(book.words("live_ask_stopped"));
      inner = beside_ ? beside(bytes, sql) : stepping(bytes, sql);
      return inner.result;
    };
    return { result: begin(), stop: () => { stopped = true; inner?.stop(); } };
  };
})();
