/* Runs one query beside the page, on the copy of the database that it is given. */
importScripts("../vendor/sql-wasm-inline.js");

const plain = (value) => {
  if (value === null || typeof value === "string") return value;
  if (typeof value !== "number") return String(value);
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
};

onmessage = async ({ data: { bytes, sql, limit } }) => {
  try {
    const engine = await initSqlJs();
    const database = new engine.Database(bytes);
    database.run("PRAGMA query_only = ON");
    const statement = database.prepare(sql);
    const columns = statement.getColumnNames();
    const rows = [];
    while (rows.length <= limit && statement.step()) rows.push(statement.get(null, { useBigInt: true }).map(plain));
    postMessage({ columns, rows: rows.slice(0, limit), cut: rows.length > limit });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
