/* A figure that does not fit what is left of its page would leave it empty: let what follows in its chapter stand
   before it, as much as fills the page. The pages are tried as columns, which break as pages do. */
([width, height]) => {
  const main = document.querySelector("main");
  for (const table of main.querySelectorAll("table:not(.run-in)")) {
    if (table.scrollWidth > main.clientWidth + 1) table.className = "run-in"; // too wide for the paper
  }
  const tried = Object.assign(document.createElement("style"), {
    textContent: `main { columns: ${width}px; column-gap: 0; column-fill: auto; height: ${height}px; width: ${width}px; }`,
  });
  document.head.append(tried);
  const left = main.getBoundingClientRect().left;
  const top = main.getBoundingClientRect().top;
  const page = (box) => Math.round((box.left - left - 1) / width);
  const tall = (block) => [...block.getClientRects()].reduce((sum, box) => sum + box.height, 0); // over all its pages
  const isHeading = (block) => /^H\d$/.test(block.tagName);
  const drawing = (block) => block.querySelector(".chart, .flow, .columns"); // these do not break
  const blocksOf = (chapter) =>
    [...chapter.querySelectorAll("section > :not(section)")].filter((block) => tall(block) > 0);

  function settle(chapter, figure) {
    const blocks = blocksOf(chapter);
    const at = blocks.indexOf(figure);
    const before = blocks[at - 1];
    if (!before || (isHeading(before) && (!blocks[at + 1] || isHeading(blocks[at + 1])))) return;
    let last = at - 1;
    while (last >= 0 && isHeading(blocks[last])) last -= 1;
    if (last < 0) return;
    const end = [...blocks[last].getClientRects()].at(-1);
    if (page(end) === page(drawing(figure).getClientRects()[0])) return;
    let room = height - (end.bottom - top);
    for (const heading of blocks.slice(last + 1, at)) room -= tall(heading) * 1.6;
    let place = null;
    for (const block of blocks.slice(at + 1)) {
      const over = tall(block) + 10 - room;
      if (room < 40 || (over > 0 && (drawing(block) || over + tall(figure) > height))) break;
      room -= tall(block) + 10;
      if (!isHeading(block)) place = block;
    }
    if (place) place.after(figure);
  }

  for (const chapter of main.querySelectorAll(".chapter")) {
    for (const figure of blocksOf(chapter).filter(drawing)) settle(chapter, figure);
  }
  tried.remove();
}
