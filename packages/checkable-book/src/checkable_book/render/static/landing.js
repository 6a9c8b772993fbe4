/* Goes on to the edition in the first of the reader's languages that there is.
   It replaces this page, so that "back" leaves it; inside the book nothing
   sends a reader anywhere. */
(() => {
  const links = [...document.querySelectorAll("a[hreflang]")];
  const wanted = navigator.languages.map((name) => name.slice(0, 2).toLowerCase());
  const known = wanted.find((code) => links.some((link) => link.hreflang === code));
  location.replace((links.find((link) => link.hreflang === known) ?? links[0]).href);
})();
