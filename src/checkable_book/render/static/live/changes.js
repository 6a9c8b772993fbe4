/* Other values for cells: how they stand in the address, and whether they keep
   the description of the data. The twin of checkable_book.data.changes. */
(() => {
  const book = window.checkableBook;
  const { tables } = book.data;
  const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

  const escaped = (text) => text.replace(/[~/:,]/g, (sign) => `~${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const bare = (text) => text.replace(/~([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
  const address = (change) => [change.table, ...change.key, change.column].join("/");
  const write = (changes) => changes.map((change) =>
    `${[change.table, ...change.key, change.column].map(escaped).join("/")}:${escaped(change.value)}`).join(",");

  /* Return the changes that a text asks for, and what of it cannot be made, each with the reason. */
  const parse = (text) => {
    const changes = [];
    const refused = [];
    for (const part of text.split(",").filter(Boolean).slice(0, 200)) {
      const [, left, value] = /^([^:]*):?(.*)$/s.exec(part);
      const [table, ...key] = left.split("/").map(bare);
      const change = { table, key: key.slice(0, -1), column: key.at(-1) ?? "", value: bare(value) };
      const reason = misplaced(change) ?? faulty(change);
      if (reason) refused.push({ address: address(change), value: change.value, reason }); else changes.push(change);
    }
    return { changes, refused };
  };

  const row = (table, key) => {
    const { fields } = tables[table];
    const places = tables[table].key.map((name) => fields.findIndex((field) => field.name === name));
    return tables[table].rows.findIndex((cells) => places.every((place, at) => String(cells[place]) === key[at]));
  };
  const rowKey = (table, at) => {
    const { key, fields, rows } = tables[table];
    return key.map((name) => String(rows[at][fields.findIndex((field) => field.name === name)]));
  };
  const published = ({ table, key, column }) => {
    const at = row(table, key);
    if (at < 0) return null;
    const place = tables[table].fields.findIndex((one) => one.name === column);
    const value = tables[table].rows[at][place];
    return tables[table].fields[place].type === "integer" && value !== null ? BigInt(value) : value;
  };
  const field = ({ table, column }) => tables[table].fields.find((one) => one.name === column);

  const misplaced = (change) => {
    if (!has(tables, change.table)) return book.words("live_no_table", { table: change.table });
    const described = tables[change.table];
    if (!field(change)) return book.words("live_no_column", { table: change.table, column: change.column });
    if (described.fixed.includes(change.column)) return book.words("live_fixed");
    if (change.key.length !== described.key.length) return book.words("live_no_row", { row: change.key.join(" / ") });
    return null;
  };

  /* Return how the least or the most that a column takes is written. */
  const limit = (described, which) => {
    const value = described[which];
    return book.written(Number.isInteger(value) ? BigInt(value) : value, described.unit);
  };

  /* Return why a value breaks its column's description, in words; null if it keeps it. */
  const faulty = (change) => {
    const described = field(change);
    const { value } = change;
    if (value === "") return described.required ? book.words("live_required") : null;
    if (described.type === "integer" && !/^-?\d{1,15}$/.test(value)) return book.words("live_integer");
    if (described.type === "number" && !/^-?\d{1,15}(\.\d{1,12})?$/.test(value)) return book.words("live_number");
    if (described.minimum !== undefined && Number(value) < described.minimum) {
      return book.words("live_minimum", { limit: limit(described, "minimum") });
    }
    if (described.maximum !== undefined && Number(value) > described.maximum) {
      return book.words("live_maximum", { limit: limit(described, "maximum") });
    }
    if (described.enum && !described.enum.includes(value)) {
      return book.words("live_enum", { values: described.enum.join(", ") });
    }
    if (described.pattern && !new RegExp(`^(?:${described.pattern})$`).test(value)) {
      return book.words("live_pattern", { pattern: described.pattern });
    }
    if (value.length > 2000) return book.words("live_long");
    return null;
  };

  /* Return the change with what a reader typed as the data writes it: a decimal comma becomes a point. */
  const typed = (change, text) => {
    const number = ["integer", "number"].includes(field(change).type);
    const comma = book.data.languages[book.language].decimal === "," && /^-?\d+,\d+$/.test(text.trim());
    return { ...change, value: number ? (comma ? text.trim().replace(",", ".") : text.trim()) : text };
  };

  book.changes = { address, parse, write, row, rowKey, published, field, limit, faulty, typed };
})();
