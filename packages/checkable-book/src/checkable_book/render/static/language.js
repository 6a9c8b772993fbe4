/* Lets the link to the other language lead to the place that was asked for, as long
   as it is in view, or to the section that is being read, with what was chosen on
   the page: identifiers and the names in addresses are the same in every language. */
(() => {
  const reading = () => {
    const begun = [...document.querySelectorAll("article section[id] > :is(h2, h3)")]
      .filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    return begun.at(-1)?.parentElement.id;
  };
  for (const link of document.querySelectorAll(".language-switch")) {
    link.addEventListener("click", () => {
      const aim = document.querySelector(":target")?.getBoundingClientRect();
      const section = reading();
      link.search = location.search;
      link.hash = aim && aim.bottom > 0 && aim.top < innerHeight ? location.hash : section ? `#${section}` : "";
    });
  }
})();
