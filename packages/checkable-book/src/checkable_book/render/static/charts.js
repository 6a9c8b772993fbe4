/* Makes the charts of a page interactive once one comes into view: loads the
   Vega bundle of this site (once), then draws each specification over its
   static picture. Without scripts, or if loading fails, the picture stays.
   A group chosen at one chart steps forward in all; it stands in the address. */
(() => {
  const charts = [...document.querySelectorAll(".chart")];
  const choices = [...document.querySelectorAll(".choices")];
  const bundle = document.currentScript.src.replace(/charts\.js.*$/, "vega.js");
  const views = new Map();
  let chosen = new URLSearchParams(location.search).get("chosen") ?? "";
  let loading;

  const load = () => loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = bundle;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });

  const show = (view) => view.signal("chosen", chosen).runAsync();
  const press = () => {
    for (const button of choices.flatMap((choice) => [...choice.querySelectorAll("button")])) {
      button.setAttribute("aria-pressed", button.dataset.choice === chosen);
    }
  };
  const choose = (group) => {
    chosen = group;
    press();
    views.forEach(show);
    const address = new URL(location);
    if (chosen) address.searchParams.set("chosen", chosen); else address.searchParams.delete("chosen");
    history.replaceState(null, "", address);
  };

  // The marks of a chart are one stop of the Tab key; arrows lead from mark to
  // mark, which shows its tooltip, and Enter follows its link.
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const takeKeys = (drawing) => {
    const marks = [...drawing.querySelectorAll(
      '[role="graphics-symbol"][aria-label]:not([aria-roledescription="axis"], [aria-roledescription="legend"])')];
    const tell = (mark, type) => {
      const box = mark.getBoundingClientRect();
      const place = { bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
      mark.dispatchEvent(new PointerEvent(type, place));
    };
    marks.forEach((mark, at) => mark.setAttribute("tabindex", at ? -1 : 0));
    drawing.addEventListener("focusin", (event) => tell(event.target, "pointermove"));
    drawing.addEventListener("focusout", (event) => tell(event.target, "pointerout"));
    drawing.addEventListener("keydown", (event) => {
      const at = marks.indexOf(event.target);
      if (at < 0) return;
      if (event.key === "Enter") tell(event.target, "click");
      const next = steps[event.key] && marks[at + steps[event.key]];
      if (!next) return;
      event.preventDefault();
      event.target.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
    });
  };

  // A chart is drawn once for a column of text and once for a phone; what is in view is drawn over.
  const draw = async (chart) => {
    const place = chart.querySelector(".chart-view");
    const spec = [...chart.querySelectorAll(".chart-spec")].find(
      ({ dataset }) => place.querySelector(`.${dataset.variant}`).getClientRects().length);
    if (!spec || spec.dataset.drawn) return;
    spec.dataset.drawn = "true";
    await load();
    const drawing = document.createElement("div");
    const { view } = await window.vegaEmbed(
      drawing, JSON.parse(spec.textContent), { actions: false, renderer: "svg", ast: true });
    const choice = chart.querySelector(".choices");
    if (choice) {
      views.set(chart, view);
      if (chosen) await show(view);
      choice.hidden = false;
    }
    for (const title of drawing.querySelectorAll('[aria-roledescription="title"]')) { // a text, told as it stands
      for (const name of ["role", "aria-roledescription", "aria-label"]) title.removeAttribute(name);
    }
    takeKeys(drawing);
    place.setAttribute("role", "group"); // its marks can be reached now, which an image's parts cannot
    place.querySelector(`.${spec.dataset.variant}`).replaceChildren(drawing);
    place.dataset.drawn = "";
  };

  // A chart whose specification was changed is drawn anew; one that was not in view yet will be.
  const redraw = async (chart) => {
    const specs = [...chart.querySelectorAll(".chart-spec[data-drawn]")];
    for (const spec of specs) delete spec.dataset.drawn;
    if (specs.length) await draw(chart);
  };

  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) draw(target.closest(".chart")).catch(() => {});
  });

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      seen.unobserve(entry.target);
      resized.observe(entry.target.querySelector(".chart-view"));
    }
  }, { rootMargin: "200px" });

  for (const choice of choices) {
    choice.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) choose(button.dataset.choice);
    });
  }
  // The mark that opens the code of a chart opens its data and downloads too.
  for (const chart of charts) {
    const code = chart.closest(".cell")?.querySelector("details.hide");
    if (!code) continue;
    chart.classList.add("joined");
    code.addEventListener("toggle", () => { chart.querySelector(".chart-data").open = code.open; });
  }
  press();
  for (const chart of charts) {
    chart.redraw = () => redraw(chart);
    seen.observe(chart);
  }
})();
