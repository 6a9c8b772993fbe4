/* Lets the link to the other language lead to the section that is being read:
   sections have the same identifiers in every language. */
(() => {
  const reading = () => {
    const begun = [...document.querySelectorAll("article section[id] > :is(h2, h3)")]
      .filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    return begun.at(-1)?.parentElement.id;
  };
  for (const link of document.querySelectorAll(".language-switch")) {
    link.addEventListener("click", () => {
      const section = reading();
      link.hash = section ? `#${section}` : "";
    });
  }
})();
