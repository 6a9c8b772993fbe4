/* The form for other values: of the cells that a number reads, or of a row of
   the data. Values that break the description are refused there and then. */
(() => {
  const book = window.checkableBook;
  const { element, button } = book.bar;
  const { tables } = book.data;
  const MANY = 12; // more fields than this are chosen row by row
  let dialog;
  let counter = 0;

  const open = (title, content, from) => {
    dialog?.remove();
    dialog = element("dialog", { id: "what-if-form" });
    const heading = element("h2", { textContent: title, id: "what-if-form-title" });
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(heading, ...content);
    dialog.addEventListener("close", () => { dialog.remove(); from?.focus(); });
    document.body.append(dialog);
    dialog.showModal();
    requestAnimationFrame(() => setTimeout(() => book.database.open().catch(() => {}))); // once the form is seen
  };

  const limits = (field) => {
    const parts = [];
    if (field.minimum !== undefined) parts.push(book.words("live_from", { limit: book.overrides.limit(field, "minimum") }));
    if (field.maximum !== undefined) parts.push(book.words("live_up_to", { limit: book.overrides.limit(field, "maximum") }));
    if (!field.required) parts.push(book.words("live_may_be_empty"));
    return parts.join(", ");
  };

  // What a column may hold where it is one of few: its list, or the rows that it refers to.
  const choices = (table, field) => {
    if (field.enum) return field.enum.map(String);
    if (field.type === "boolean") return ["true", "false"];
    const link = tables[table].foreign.find((one) => one.columns.length === 1 && one.columns[0] === field.name);
    if (!link) return null;
    const place = tables[link.table].fields.findIndex((one) => one.name === link.to[0]);
    const values = tables[link.table].rows.map((row) => book.cellText(tables[link.table].fields[place], row[place]));
    return values.length <= 60 ? values : null;
  };

  const fieldset = (cell, long) => {
    const field = book.overrides.field(cell);
    const published = book.overrides.published(cell);
    const taken = book.current.find((one) => book.overrides.address(one) === book.overrides.address(cell));
    const id = `what-if-${counter += 1}`;
    const listed = choices(cell.table, field);
    const input = listed ? element("select", { id }) : element(field.type === "string" && published.length > 60 ? "textarea" : "input", { id });
    if (listed) input.append(...[...(field.required ? [] : [""]), ...listed].map((value) => new Option(value, value)));
    if (["integer", "number", "year"].includes(field.type)) input.inputMode = "decimal";
    input.value = taken?.value ?? published;
    input.autocomplete = "off";
    const unit = field.unit && book.words(`unit_${field.unit.replaceAll(" ", "_")}`);
    const name = long ? [cell.table, ...cell.key, cell.column].join(" · ") : cell.column;
    const label = element("label", { htmlFor: id, textContent: `${name}${unit && ` (${unit})`}` });
    const hint = element("small", { id: `${id}-hint`, textContent: [book.words("live_paper", { value: published || "—" }), limits(field)].filter(Boolean).join("; ") });
    const fault = element("small", { id: `${id}-fault`, className: "what-if-fault" });
    fault.setAttribute("role", "alert");
    input.setAttribute("aria-describedby", `${hint.id} ${fault.id}`);
    input.addEventListener("input", () => { fault.textContent = ""; input.removeAttribute("aria-invalid"); });
    return { cell, input, fault, published, part: element("div", { className: "what-if-field" }, label, input, hint, fault) };
  };

  const submit = (fields) => {
    const tried = fields.map(({ cell, input, fault, published }) => {
      const override = book.overrides.typed(cell, input.value);
      const reason = override.value === published ? null : book.overrides.faulty(override);
      fault.textContent = reason ? `${book.words("live_refused")} ${reason}` : "";
      if (reason) input.setAttribute("aria-invalid", "true");
      return { override, reason, same: override.value === published, input };
    });
    const wrong = tried.find((one) => one.reason);
    if (wrong) { wrong.input.focus(); return; }
    const named = new Set(tried.map((one) => book.overrides.address(one.override)));
    const others = book.current.filter((one) => !named.has(book.overrides.address(one)));
    dialog.close();
    book.set([...others, ...tried.filter((one) => !one.same).map((one) => one.override)]).then(() => book.bar.focus());
  };

  const form = (fields) => {
    const made = element("form", {}, ...fields.map((one) => one.part), element("div", { className: "what-if-buttons" },
      element("button", { type: "submit", textContent: book.words("live_show") }),
      button(book.words("live_cancel"), () => dialog.close())));
    made.addEventListener("submit", (event) => { event.preventDefault(); submit(fields); });
    return made;
  };

  const columnsOf = (table) => tables[table].fields.filter((field) => !tables[table].fixed.includes(field.name));

  // A row is chosen first, then its cells are offered.
  const chooser = (rows) => {
    const id = `what-if-${counter += 1}`;
    const list = element("select", { id });
    list.append(...rows.map(({ table, key }, at) => new Option(`${table}: ${key.join(" / ")}`, at)));
    const place = element("div");
    const offer = () => {
      const { table, key } = rows[list.value];
      place.replaceChildren(form(columnsOf(table).map((field) => fieldset({ table, key, column: field.name }, false))));
    };
    list.addEventListener("change", offer);
    offer();
    return [element("div", { className: "what-if-field" }, element("label", { htmlFor: id, textContent: book.words("live_row") }), list), place];
  };

  const rowsOf = (table, places) => (places ?? tables[table].rows.map((_, at) => at))
    .map((at) => ({ table, key: book.overrides.rowKey(table, at) }));

  /* Open the form for the cells that a name's value reads. */
  const openValue = (name, from) => {
    const known = book.values.described(name);
    if (!known) return;
    const title = from?.title?.split(" · ")[0] || name;
    const query = element("details", { className: "query" }, element("summary", { textContent: book.words("query") }),
      element("code", { textContent: known.query, lang: "en" }));
    if (known.cell) {
      open(title, [form([fieldset(known.cell, true)]), query], from);
      return;
    }
    const read = Object.entries(known.reads ?? {}).filter(([table]) => columnsOf(table).length);
    const cells = read.flatMap(([table, { columns, rows }]) => {
      const offered = columnsOf(table).map((field) => field.name)
        .filter((column) => columns.includes(column) && !tables[table].key.includes(column));
      return rowsOf(table, rows).flatMap(({ key }) => offered.map((column) => ({ table, key, column })));
    });
    if (!read.length) {
      open(title, [element("p", { textContent: book.words("live_from_all") }), query,
        button(book.words("live_cancel"), () => dialog.close())], from);
    } else if (cells.length && cells.length <= MANY) {
      open(title, [form(cells.map((cell) => fieldset(cell, true))), query], from);
    } else {
      open(title, [...chooser(read.flatMap(([table, { rows }]) => rowsOf(table, rows))), query], from);
    }
  };

  const openTable = (table, from) => {
    if (columnsOf(table).length) open(table, chooser(rowsOf(table)), from);
  };

  book.form = { openValue, openTable };
})();
