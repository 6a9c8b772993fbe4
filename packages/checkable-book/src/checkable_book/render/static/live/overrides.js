/* A reader's values for cells (overrides): how they stand in the address, and whether they keep
   the description of the data. The twin of checkable_book.data.overrides. */
(() => {
  const book = window.checkableBook;
  const { tables } = book.data;
  const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

  const escaped = (text) => text.replace(/[~/:,]/g, (sign) => `~${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const bare = (text) => text.replace(/~([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
  const address = (override) => [override.table, ...override.key, override.column].join("/");
  const write = (overrides) => overrides.map((override) =>
    `${[override.table, ...override.key, override.column].map(escaped).join("/")}:${escaped(override.value)}`).join(",");

  /* Return the overrides that a text asks for, and what of it cannot be made, each with the reason. */
  const parse = (text) => {
    const overrides = [];
    const refused = [];
    for (const part of text.split(",").filter(Boolean).slice(0, 200)) {
      const [, left, value] = /^([^:]*):?(.*)$/s.exec(part);
      const [table, ...key] = left.split("/").map(bare);
      const override = { table, key: key.slice(0, -1), column: key.at(-1) ?? "", value: bare(value) };
      const reason = misplaced(override) ?? faulty(override);
      if (reason) refused.push({ address: address(override), value: override.value, reason }); else overrides.push(override);
    }
    return { overrides, refused };
  };

  const row = (table, key) => {
    const { fields } = tables[table];
    const places = tables[table].key.map((name) => fields.findIndex((field) => field.name === name));
    return tables[table].rows.findIndex((cells) =>
      places.every((place, at) => book.cellText(fields[place], cells[place]) === key[at]));
  };
  const rowKey = (table, at) => {
    const { key, fields, rows } = tables[table];
    return key.map((name) => {
      const place = fields.findIndex((field) => field.name === name);
      return book.cellText(fields[place], rows[at][place]);
    });
  };
  /* Return a cell as the paper has it, as a file would hold it; empty for a row that is not there. */
  const published = ({ table, key, column }) => {
    const at = row(table, key);
    const place = tables[table].fields.findIndex((one) => one.name === column);
    return at < 0 ? "" : book.cellText(tables[table].fields[place], tables[table].rows[at][place]);
  };
  const field = ({ table, column }) => tables[table].fields.find((one) => one.name === column);

  const misplaced = (override) => {
    if (!has(tables, override.table)) return book.words("live_no_table", { table: override.table });
    const described = tables[override.table];
    if (!field(override)) return book.words("live_no_column", { table: override.table, column: override.column });
    if (described.fixed.includes(override.column)) return book.words("live_fixed");
    if (override.key.length !== described.key.length) return book.words("live_no_row", { row: override.key.join(" / ") });
    return null;
  };

  /* Return how the least or the most that a column takes is written. */
  const limit = (described, which) => {
    const value = described[which];
    return book.written(Number.isInteger(value) ? BigInt(value) : value, described.unit);
  };

  // A pattern that only Python understands refuses nothing here.
  const matches = (pattern, value) => {
    try {
      return new RegExp(`^(?:${pattern})$`).test(value);
    } catch {
      return true;
    }
  };

  const isDate = (value) => {
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
    return Boolean(year) && new Date(Date.UTC(year, month - 1, day)).toISOString().startsWith(value);
  };

  /* Return why a value breaks its column's description, in words; null if it keeps it. */
  const faulty = (override) => {
    const described = field(override);
    const { value } = override;
    if (value === "") return described.required ? book.words("live_required") : null;
    if (["integer", "year"].includes(described.type) && !/^-?\d{1,15}$/.test(value)) return book.words("live_integer");
    if (described.type === "number" && !/^-?\d{1,15}(\.\d{1,12})?$/.test(value)) return book.words("live_number");
    if (described.type === "boolean" && !["true", "false"].includes(value)) {
      return book.words("live_enum", { values: "true, false" });
    }
    if (described.type === "date" && !isDate(value)) return book.words("live_date");
    if (described.minimum !== undefined && Number(value) < described.minimum) {
      return book.words("live_minimum", { limit: limit(described, "minimum") });
    }
    if (described.maximum !== undefined && Number(value) > described.maximum) {
      return book.words("live_maximum", { limit: limit(described, "maximum") });
    }
    if (described.enum && !described.enum.includes(value)) {
      return book.words("live_enum", { values: described.enum.join(", ") });
    }
    if (described.pattern && !matches(described.pattern, value)) {
      return book.words("live_pattern", { pattern: described.pattern });
    }
    if (value.length > 2000) return book.words("live_long");
    return null;
  };

  /* Return the override with what a reader typed as the data writes it: a decimal comma becomes a point. */
  const typed = (override, text) => {
    const number = ["integer", "number", "year"].includes(field(override).type);
    const comma = book.data.languages[book.language].decimal === "," && /^-?\d+,\d+$/.test(text.trim());
    return { ...override, value: number ? (comma ? text.trim().replace(",", ".") : text.trim()) : text };
  };

  book.overrides = { address, parse, write, row, rowKey, published, field, limit, faulty, typed };
})();
