/* Shows where a number comes from when it gets the focus or is tapped; a second
   tap, or Enter, opens its row. Pointers see the title, as without scripts. */
(() => {
  const note = document.createElement("div");
  note.id = "value-note";
  note.setAttribute("role", "tooltip");
  note.hidden = true;
  document.body.append(note);
  let current;

  const show = (link) => {
    current = link;
    note.textContent = link.title;
    note.hidden = false;
    const box = link.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - note.offsetWidth - 8);
    note.style.left = `${Math.max(8, left) + scrollX}px`;
    note.style.top = `${box.bottom + scrollY + 4}px`;
  };
  const hide = () => { note.hidden = true; current = undefined; };

  for (const link of document.querySelectorAll("a.value")) {
    let touched = false;
    link.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch" && current !== link; });
    link.addEventListener("click", (event) => { if (touched) { event.preventDefault(); show(link); } });
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) show(link); });
    link.addEventListener("blur", hide);
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
