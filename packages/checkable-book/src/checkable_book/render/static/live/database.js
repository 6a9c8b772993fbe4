/* SQLite in the page: the book's data, as it is or with a reader's values, each
   time in a database of its own that is thrown away after use. */
(() => {
  const book = window.checkableBook;
  const { tables, added, views, evidence } = book.data;
  let opening;
  let engine;
  let bytes; // of the database as the paper has it

  const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
  // An integer that a number of JavaScript would round stands as a text, which its column makes an integer again.
  const bound = (cell) => (cell !== null && typeof cell === "object" ? cell.integer : cell);

  const insert = (database, name, rows) => {
    if (!rows.length) return;
    const statement = database.prepare(`INSERT INTO ${quoted(name)} VALUES (${rows[0].map(() => "?").join(", ")})`);
    for (const row of rows) statement.run(row.map(bound));
    statement.free();
  };

  const fill = (database) => {
    database.run("BEGIN");
    for (const { create } of [...Object.values(tables), ...Object.values(added)]) database.run(create);
    for (const [name, { rows }] of [...Object.entries(tables), ...Object.entries(added)]) insert(database, name, rows);
    database.run("CREATE TABLE evidence (claim TEXT PRIMARY KEY, section TEXT, kind TEXT, role TEXT)");
    for (const [name, { query }] of Object.entries(views)) database.run(`CREATE VIEW ${quoted(name)} AS\n${query}`);
    for (const statement of evidence.definitions) database.run(statement);
    if (evidence.definitions.length) {
      insert(database, "check_lineage", evidence.lineage);
      insert(database, "check_cells", evidence.cells);
    }
    database.run("COMMIT");
  };

  const open = () => opening ??= book.fetchScript("vendor/sql-wasm-inline.js")
    .then(() => window.initSqlJs({ useOldExtensionFunctions: false })) // SQLite's own functions, as the build has them
    .then((loaded) => {
      engine = loaded;
      const first = new engine.Database();
      fill(first);
      bytes = first.export();
      first.close();
    });

  /* Return a database with overrides made, and those that SQLite refused, each with the reason. */
  const overridden = (overrides) => {
    const database = new engine.Database(bytes);
    database.run("PRAGMA foreign_keys = ON");
    const rows = new Map();
    for (const override of overrides) {
      const name = JSON.stringify([override.table, override.key]);
      rows.set(name, [...(rows.get(name) ?? []), override]);
    }
    const refused = [];
    for (const part of rows.values()) {
      try {
        set(database, part);
      } catch (error) {
        refused.push(...part.map((override) => ({
          address: book.overrides.address(override), value: override.value, reason: reasonOf(error.message), override,
        })));
      }
    }
    return { database, refused };
  };

  const set = (database, part) => {
    const [{ table, key }] = part;
    const at = book.overrides.row(table, key);
    const values = part.map((override) => stored(override));
    if (at >= 0) {
      const columns = part.map((override) => `${quoted(override.column)} = ?`).join(", ");
      database.run(`UPDATE ${quoted(table)} SET ${columns} WHERE rowid = ?`, [...values, at + 1]);
      return;
    }
    const cells = new Map(tables[table].key.map((column, place) => [column, stored({ table, column, value: key[place] })]));
    part.forEach((override, place) => cells.set(override.column, values[place]));
    const columns = [...cells.keys()].map(quoted).join(", ");
    const marks = [...cells.keys()].map(() => "?").join(", ");
    database.run(`INSERT INTO ${quoted(table)} (${columns}) VALUES (${marks})`, [...cells.values()]);
  };

  const stored = (override) => {
    if (override.value === "") return null;
    const { type } = book.overrides.field(override);
    if (type === "boolean") return ["true", "1"].includes(override.value) ? 1 : 0;
    return type === "number" ? Number(override.value) : override.value; // a column of integers makes its text one
  };

  const reasonOf = (message) => {
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

  book.database = { open, overridden, cell, rows };
})();
