/* The form that takes a query: fills it from a table, a ready question or the
   address, shows the result, and copies it. Nothing is loaded before it is run. */
(() => {
  const book = window.checkableBook;
  const form = document.getElementById("ask-form");
  const [table, ready, sql, stop] = ["ask-table", "ask-ready", "ask-sql", "ask-stop"].map((id) => document.getElementById(id));
  const status = document.getElementById("ask-status");
  const place = document.getElementById("ask-result");
  let running;

  // A query from an address waits for the reader to run it.
  sql.value = new URLSearchParams(location.search).get("sql") ?? "";
  form.hidden = false;
  table.addEventListener("change", () => {
    if (table.value) sql.value = `SELECT *\nFROM ${table.value}\nLIMIT 100`;
    ready.value = "";
  });
  ready.addEventListener("change", () => { if (ready.value) { sql.value = ready.value; table.value = ""; } });
  sql.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  });

  const link = () => {
    const address = new URL(location);
    address.searchParams.set("sql", sql.value);
    address.hash = "";
    return address.href;
  };

  const copy = async (text, told) => {
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = book.words("live_ask_copied");
    } catch {
      const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, rows: 3 });
      field.setAttribute("aria-label", book.words("live_ask_result"));
      told.replaceChildren(`${book.words("live_ask_not_copied")} `, field);
      field.select();
    }
  };

  const csv = ({ columns, rows }) => {
    const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    return [columns, ...rows].map((cells) => `${cells.map((cell) => quoted(cell ?? "")).join(",")}\r\n`).join("");
  };

  const show = (result) => {
    const { element, button } = book.bar;
    const head = element("tr", {}, ...result.columns.map((name) => element("th", { scope: "col", textContent: name })));
    const body = result.rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", { textContent: cell ?? "" }))));
    const made = element("table", { className: "ask-rows" },
      element("caption", { className: "visually-hidden", textContent: book.words("live_ask_result") }),
      element("thead", {}, head), element("tbody", {}, ...body));
    const scroller = element("div", { className: "ask-scroller", tabIndex: 0 }, made);
    scroller.setAttribute("role", "region");
    scroller.setAttribute("aria-label", book.words("live_ask_result"));
    const told = element("span", { className: "ask-told" });
    told.setAttribute("role", "status");
    place.replaceChildren(scroller, element("div", { className: "what-if-buttons" },
      button(book.words("live_ask_copy_csv"), () => copy(csv(result), told)),
      button(book.words("live_ask_copy_link"), () => copy(link(), told)), told));
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running?.stop();
    place.replaceChildren();
    status.className = "";
    try {
      await book.loadRunner();
    } catch {
      return; // which is told on the page
    }
    status.textContent = book.words("live_ask_running");
    stop.disabled = false;
    const own = running = book.run(sql.value);
    try {
      const result = await own.result;
      if (own !== running) return;
      status.textContent = [
        book.counted("live_ask_rows", result.rows.length),
        result.cut && book.counted("live_ask_cut", result.rows.length),
        book.current.length && book.words("live_ask_yours"),
      ].filter(Boolean).join(" ");
      show(result);
    } catch (error) {
      if (own !== running) return;
      status.className = "what-if-fault";
      status.textContent = error.message;
    } finally {
      if (own === running) stop.disabled = true;
    }
  });
  stop.addEventListener("click", () => running?.stop());
})();
