/* Says how many figures of a page show the paper's values although their data was changed:
   charts and diagrams are drawn by the build alone. */
(() => {
  const book = window.checkableBook;

  const stale = (changes) => {
    const touched = new Set(changes.map((change) => change.table));
    const follows = (source) => touched.has(source)
      || Object.keys(book.data.views[source]?.reads ?? {}).some((table) => touched.has(table));
    return [...document.querySelectorAll(".chart, .flow")]
      .filter((chart) => chart.dataset.source.split(" ").some(follows)).length;
  };

  book.charts = { stale };
})();
