/* Offers, at each file that a page prints as it is, to try other values in its rows. */
(() => {
  const book = window.checkableBook;
  for (const folded of document.querySelectorAll("details.whole[data-table]:not([data-fixed])")) {
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "try-rows", textContent: book.labels.tryRows,
    });
    button.addEventListener("click", () => book.load().then(() => book.form.openTable(folded.dataset.table, button), () => {}));
    folded.before(button);
  }
})();
