/* What the names of the book's values give over a database: a derived value, a
   cell of a table or a view by its address, or a query that is its own name. */
(() => {
  const book = window.checkableBook;
  const { tables, numbers, views } = book.data;
  const asText = new Set(["published_value", "outside_value"]);
  const literal = (text) => `'${text.replaceAll("'", "''")}'`;
  const identifier = (name) => `"${name.replaceAll('"', '""')}"`;
  const own = (object, name) => (Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined);

  const lookup = (source, columns, key, column) => `SELECT ${identifier(column)} FROM ${identifier(source)} WHERE `
    + key.map((value, at) => `${identifier(columns[at])} = ${literal(value)}`).join(" AND ");

  /* Return the ways to read a key of so many parts and a column out of an address, the plain one first. */
  const splits = (rest, size) => {
    const parts = rest.split("/");
    const found = [];
    for (let names = 1; names <= parts.length - size; names += 1) {
      const column = parts.slice(-names).join("/");
      for (const key of groupings(parts.slice(0, -names), size)) found.push([key, column]);
    }
    return found;
  };
  const groupings = (parts, size) => {
    if (size === 1) return [[parts.join("/")]];
    const found = [];
    for (let end = 1; end <= parts.length - size + 1; end += 1) {
      for (const rest of groupings(parts.slice(end), size - 1)) found.push([parts.slice(0, end).join("/"), ...rest]);
    }
    return found;
  };

  const tableCell = (source, rest, language) => {
    const { key: keys, fields } = tables[source];
    for (const [key, wanted] of splits(rest, keys.length)) {
      for (const column of [wanted, `${wanted}_${language}`]) {
        const field = fields.find((one) => one.name === column);
        if (field && book.overrides.row(source, key) >= 0) return { table: source, key, column, field };
      }
    }
    return null;
  };

  /* Return the query for a cell of a view: that whose key has as many parts as the address, or else the first
     that gives a row. */
  const viewQuery = (source, rest, database) => {
    const { columns } = views[source];
    const parts = rest.split("/").length - 1;
    for (let size = 1; size < columns.length; size += 1) {
      for (const [key, column] of splits(rest, size)) {
        if (!columns.slice(size).includes(column)) continue;
        const query = lookup(source, columns, key, column);
        if (parts === size || (database && book.database.rows(database, query).length)) return query;
      }
    }
    return null;
  };

  /* Return the tables that a query names, with all their columns and rows. */
  const tablesIn = (query) => {
    const words = new Set(query.match(/\w+/g));
    return Object.fromEntries(Object.entries(tables).filter(([name]) => words.has(name))
      .map(([name, { fields }]) => [name, { columns: fields.map((field) => field.name), rows: null }]));
  };

  /* Return the query behind a name and how its value is written; null for a name that the book does not have. */
  const described = (name, language = book.language, database = null) => {
    const address = name.replace(/ words$/, "");
    const spelled = name !== address;
    if (address.startsWith("query:")) {
      const query = address.slice(6);
      return { query, unit: "", reads: tablesIn(query), spelled };
    }
    const derived = own(numbers, address);
    if (derived) return { query: derived.query, unit: derived.unit, reads: derived.reads, spelled };
    const [source] = address.split("/", 1);
    const rest = address.slice(source.length + 1);
    if (own(views, source)) {
      const query = viewQuery(source, rest, database);
      return query && { query, unit: "", reads: views[source].reads, spelled };
    }
    const cell = own(tables, source) && tableCell(source, rest, language);
    if (!cell) return null;
    const { key, column, field } = cell;
    return {
      query: lookup(source, tables[source].key, key, column), unit: field.unit, type: field.type, spelled,
      cell: { table: source, key, column }, mixed: asText.has(column),
      unitQuery: column === "published_value" ? lookup(source, tables[source].key, key, "unit") : "",
    };
  };

  /* Return the text of a name's value as the page's language writes it; null where there is none. */
  const textOf = (database, name, language = book.language, ownUnit = "") => {
    const known = described(name, language, database);
    if (!known) return null;
    try {
      let value = book.database.cell(database, known.query);
      if (value === null) return null;
      if (known.mixed) value = book.typed(value);
      const unit = known.unitQuery ? book.database.cell(database, known.unitQuery) ?? "" : ownUnit || known.unit;
      return known.spelled ? book.spelled(value, language) : book.written(value, unit, language, known.type);
    } catch {
      return null;
    }
  };

  book.values = { described, textOf };
})();
