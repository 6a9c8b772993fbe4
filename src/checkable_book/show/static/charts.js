/* Makes the charts of a page interactive once one comes into view: loads the
   Vega bundle of this site (once), then draws each specification over its
   static picture. Without scripts, or if loading fails, the picture stays.
   A group chosen at one chart steps forward in all; it stands in the address. */
(() => {
  const charts = [...document.querySelectorAll(".chart")];
  const choices = [...document.querySelectorAll(".choices")];
  const bundle = document.currentScript.src.replace(/charts\.js.*$/, "vega.js");
  const views = [];
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

  const drawn = new Map(); // views by chart
  const draw = async (chart) => {
    const place = chart.querySelector(".chart-view");
    const spec = JSON.parse(chart.querySelector(".chart-spec").textContent);
    await load();
    const drawing = document.createElement("div");
    const { view } = await window.vegaEmbed(drawing, spec, { actions: false, renderer: "svg", ast: true });
    const choice = chart.querySelector(".choices");
    if (choice) {
      const old = views.indexOf(drawn.get(chart));
      if (old >= 0) views[old] = view; else views.push(view);
      if (chosen) await show(view);
      choice.hidden = false;
    }
    drawn.get(chart)?.finalize();
    drawn.set(chart, view);
    takeKeys(drawing);
    place.setAttribute("role", "group"); // its marks can be reached now, which an image's parts cannot
    place.replaceChildren(drawing);
    place.dataset.drawn = "";
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target).catch(() => {});
    }
  }, { rootMargin: "200px" });

  for (const choice of choices) {
    choice.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) choose(button.dataset.choice);
    });
  }
  press();
  charts.forEach((chart) => {
    seen.observe(chart);
    // What computes in the page changes the specification, and asks for another drawing.
    chart.addEventListener("redraw", () => { if (drawn.has(chart)) draw(chart).catch(() => {}); });
  });
})();
