/* Shows where a number comes from when it gets the focus, is tapped or pointed
   at, with a button that tries another value; a second tap, or Enter, opens its
   row. A number is one stop of the Tab key: the arrow down leads to its button,
   the arrow up back. Without scripts pointers see the title. */
(() => {
  const book = window.checkableBook;
  const box = Object.assign(document.createElement("div"), { id: "value-box", hidden: true });
  const note = Object.assign(document.createElement("div"), { id: "value-note", hidden: true });
  note.setAttribute("role", "tooltip");
  const button = Object.assign(document.createElement("button"), {
    id: "value-try", type: "button", tabIndex: -1, textContent: book.labels.tryValue,
  });
  button.setAttribute("aria-keyshortcuts", "ArrowDown");
  box.append(note, button);
  document.body.append(box);
  let current;
  let waiting;

  const show = (link) => {
    clearTimeout(waiting);
    current = link;
    note.textContent = link.title || link.dataset.title;
    note.hidden = box.hidden = false;
    button.hidden = !link.dataset.name;
    const place = link.getBoundingClientRect();
    const left = Math.min(place.left, document.documentElement.clientWidth - box.offsetWidth - 8);
    box.style.left = `${Math.max(8, left) + scrollX}px`;
    box.style.top = `${place.bottom + scrollY}px`;
  };
  const hide = () => {
    clearTimeout(waiting);
    note.hidden = box.hidden = true;
    current = undefined;
  };
  const hideSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!box.contains(document.activeElement)) hide(); }, 300);
  };

  // The browser's own tooltip would lie over the note while a pointer rests there.
  const rest = (link, there) => {
    if (there && link.title) { link.dataset.title = link.title; link.title = ""; }
    if (!there && link.dataset.title) { link.title = link.dataset.title; delete link.dataset.title; }
  };

  for (const link of document.querySelectorAll(".value[title]")) {
    let touched = false;
    link.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch" && current !== link; });
    link.addEventListener("click", (event) => { if (touched) { event.preventDefault(); show(link); } });
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) show(link); });
    link.addEventListener("blur", (event) => { if (event.relatedTarget !== button && current === link) hideSoon(); });
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "mouse") return;
      rest(link, true);
      clearTimeout(waiting);
      waiting = setTimeout(show, 150, link);
    });
    link.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "mouse") return;
      rest(link, false);
      hideSoon();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || current !== link || button.hidden) return;
      event.preventDefault();
      button.focus();
    });
  }
  box.addEventListener("pointerenter", () => clearTimeout(waiting));
  box.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hideSoon(); });
  button.addEventListener("keydown", (event) => {
    if (!["Tab", "ArrowUp"].includes(event.key) || !current) return;
    const link = current;
    const back = event.key === "ArrowUp" || event.shiftKey;
    if (back) event.preventDefault();
    link.focus(); // from where the key itself goes on
    if (!back) hide();
  });
  button.addEventListener("blur", (event) => { if (event.relatedTarget !== current) hideSoon(); });
  button.addEventListener("click", () => {
    const link = current;
    hide();
    book.load().then(() => book.form.openValue(link.dataset.name, link), () => {});
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
