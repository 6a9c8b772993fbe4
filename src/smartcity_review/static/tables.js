/* Lets a reader choose rows of the tables that ask for it (data-filters): a
   search field and one list of values for each named column. Without scripts
   the whole table stands there. */
(() => {
  const words = { search: "Search this table", all: "all", shown: "rows shown" };

  const add = (table) => {
    const rows = [...table.tBodies[0].rows];
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const form = document.createElement("form");
    form.className = "table-filter";
    form.setAttribute("role", "search");

    const labelled = (text, field) => {
      const label = document.createElement("label");
      label.append(`${text} `, field);
      form.append(label);
      return field;
    };
    const search = labelled(words.search, Object.assign(document.createElement("input"), { type: "search" }));
    const lists = table.dataset.filters.split(" ").map((place) => {
      const list = labelled(heads[place], document.createElement("select"));
      const values = [...new Set(rows.map((row) => row.cells[place].textContent))];
      list.append(...["", ...values].map((value) => new Option(value || words.all, value)));
      return [place, list];
    });
    const count = document.createElement("output");
    form.append(count);

    const choose = () => {
      const wanted = search.value.toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted)
          || lists.some(([place, list]) => list.value && row.cells[place].textContent !== list.value);
        shown += !row.hidden;
      }
      count.textContent = `${shown} / ${rows.length} ${words.shown}`;
    };
    form.addEventListener("input", choose);
    form.addEventListener("submit", (event) => event.preventDefault());
    table.before(form);
    choose();
  };

  // A link to a row opens what the row is folded into; older browsers do not by themselves.
  const unfold = () => {
    const row = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = row && row.closest("details:not([open])");
    if (folded) { folded.open = true; row.scrollIntoView(); }
  };

  document.querySelectorAll("table[data-filters]").forEach(add);
  addEventListener("hashchange", unfold);
  unfold();
})();
