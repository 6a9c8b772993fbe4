/* SQLite in the page: the book's data, as it is or with a reader's values, each
   time in a database of its own that is thrown away after use. */
(() => {
  const book = window.checkableBook;
  const { tables, added } = book.data;
  let opening;
  let engine;
  let bytes; // of the database as the paper has it

  const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

  const fill = (database) => {
    database.run("BEGIN");
    for (const [name, { create, rows }] of [...Object.entries(tables), ...Object.entries(added)]) {
      database.run(create);
      if (!rows.length) continue;
      const insert = database.prepare(`INSERT INTO ${quoted(name)} VALUES (${rows[0].map(() => "?").join(", ")})`);
      for (const row of rows) insert.run(row);
      insert.free();
    }
    for (const [name, query] of tables.views?.rows ?? []) database.run(`CREATE VIEW ${quoted(name)} AS ${query}`);
    database.run("CREATE TABLE evidence (claim TEXT PRIMARY KEY, section TEXT, kind TEXT)");
    database.run("COMMIT");
  };

  const open = () => opening ??= book.fetchScript("vendor/sql-wasm-inline.js")
    .then(() => window.initSqlJs())
    .then((loaded) => {
      engine = loaded;
      const first = new engine.Database();
      fill(first);
      bytes = first.export();
      first.close();
    });

  /* Return a database with changes made, and those that SQLite refused, each with the reason. */
  const changed = (changes) => {
    const database = new engine.Database(bytes);
    database.run("PRAGMA foreign_keys = ON");
    const rows = new Map();
    for (const change of changes) {
      const name = JSON.stringify([change.table, change.key]);
      rows.set(name, [...(rows.get(name) ?? []), change]);
    }
    const refused = [];
    for (const part of rows.values()) {
      try {
        set(database, part);
      } catch (error) {
        refused.push(...part.map((change) => ({
          address: book.changes.address(change), value: change.value, reason: told(error.message), change,
        })));
      }
    }
    return { database, refused };
  };

  const set = (database, part) => {
    const [{ table, key }] = part;
    const at = book.changes.row(table, key);
    const values = part.map((change) => stored(change));
    if (at >= 0) {
      const columns = part.map((change) => `${quoted(change.column)} = ?`).join(", ");
      database.run(`UPDATE ${quoted(table)} SET ${columns} WHERE rowid = ?`, [...values, at + 1]);
      return;
    }
    const cells = new Map(tables[table].key.map((column, place) => [column, stored({ table, column, value: key[place] })]));
    part.forEach((change, place) => cells.set(change.column, values[place]));
    const columns = [...cells.keys()].map(quoted).join(", ");
    const marks = [...cells.keys()].map(() => "?").join(", ");
    database.run(`INSERT INTO ${quoted(table)} (${columns}) VALUES (${marks})`, [...cells.values()]);
  };

  const stored = (change) => {
    if (change.value === "") return null;
    return ["integer", "number"].includes(book.changes.field(change).type) ? Number(change.value) : change.value;
  };

  const told = (message) => {
    if (message.includes("FOREIGN KEY")) return book.words("live_foreign");
    if (message.includes("UNIQUE")) return book.words("live_unique");
    if (message.includes("NOT NULL")) return book.words("live_no_such_row");
    return message;
  };

  /* Return the one cell that a query gives; null where it gives none. More than one is an error, as in the build. */
  const cell = (database, query) => {
    const statement = database.prepare(query);
    try {
      if (!statement.step()) return null;
      const [value] = statement.get(null, { useBigInt: true });
      if (statement.step()) throw new Error("more than one row");
      return value;
    } finally {
      statement.free();
    }
  };

  /* Return the rows that a query gives, as objects. */
  const rows = (database, query) => {
    const statement = database.prepare(query);
    const found = [];
    try {
      const names = statement.getColumnNames();
      while (statement.step()) {
        const cells = statement.get(null, { useBigInt: true });
        found.push(Object.fromEntries(names.map((name, at) => [name, cells[at]])));
      }
    } finally {
      statement.free();
    }
    return found;
  };

  book.database = { open, changed, cell, rows, engine: () => engine };
})();
