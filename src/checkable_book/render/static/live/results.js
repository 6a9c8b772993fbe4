/* What the names of the book's values give over a database: a derived value, a
   cell of a table or a view by its address, each with its query and its text. */
(() => {
  const book = window.checkableBook;
  const { tables, numbers, views } = book.data;
  const asText = new Set(["published_value", "outside_value"]);
  const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
  const own = (object, name) => (Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined);

  const looked = (source, columns, key, column) => `SELECT "${column}" FROM "${source}" WHERE `
    + key.map((value, at) => `"${columns[at]}" = ${quoted(value)}`).join(" AND ");

  /* Return the query behind a name and how its value is written; null for a name that the book does not have. */
  const described = (name, language = book.language) => {
    const address = name.replace(/ words$/, "");
    const spelled = name !== address;
    const derived = own(numbers, address);
    if (derived) return { query: derived.query, unit: derived.unit, reads: derived.reads, spelled };
    const [source, ...key] = address.split("/");
    let column = key.pop();
    if (own(views, source)) {
      return { query: looked(source, views[source].columns, key, column), unit: "", reads: views[source].reads, spelled };
    }
    const table = own(tables, source);
    if (!table || key.length !== table.key.length) return null;
    const field = (wanted) => table.fields.find((one) => one.name === wanted);
    if (!field(column)) column = `${column}_${language}`;
    if (!field(column)) return null;
    return {
      query: looked(source, table.key, key, column), unit: field(column).unit, spelled,
      cell: { table: source, key, column }, mixed: asText.has(column),
      unitQuery: column === "published_value" ? looked(source, table.key, key, "unit") : "",
    };
  };

  /* Return the text of a name's value as the page's language writes it; null where there is none. */
  const said = (database, name, language = book.language) => {
    const known = described(name, language);
    if (!known) return null;
    try {
      let value = book.database.cell(database, known.query);
      if (value === null) return null;
      if (known.mixed) value = book.typed(value);
      const unit = known.unitQuery ? book.database.cell(database, known.unitQuery) ?? "" : known.unit;
      return known.spelled ? book.spelled(value, language) : book.written(value, unit, language);
    } catch {
      return null;
    }
  };

  book.results = { described, said };
})();
