/* Carries a reader's values along to the other pages and the other language:
   a link inside the book gets them when it is about to be followed. */
(() => {
  const book = window.checkableBook;

  const carry = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !book.text() || link.hasAttribute("download") || !/^(https?|file):$/.test(link.protocol)) return;
    if (link.protocol !== location.protocol || link.host !== location.host || !/(\.html|\/)$/.test(link.pathname)) return;
    if (link.classList.contains("what-if")) return; // a question brings values of its own
    const search = new URLSearchParams(link.search);
    search.set("if", book.text());
    link.search = book.readable(search);
  };
  for (const type of ["pointerdown", "keydown", "click", "auxclick"]) document.addEventListener(type, carry, true);

  /* Write an address's query with the signs that addresses of cells use left as they are. */
  book.readable = (search) => search.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
})();
