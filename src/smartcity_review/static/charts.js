/* Makes the charts of a page interactive once one comes into view: loads the
   Vega bundle of this site (once), then draws each specification over its
   static picture. Without scripts, or if loading fails, the picture stays. */
(() => {
  const charts = [...document.querySelectorAll(".chart")];
  const bundle = document.currentScript.src.replace(/charts\.js.*$/, "vega.js");
  let loading;

  const load = () => loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = bundle;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });

  const draw = async (chart) => {
    const view = chart.querySelector(".chart-view");
    const spec = JSON.parse(chart.querySelector(".chart-spec").textContent);
    await load();
    const drawing = document.createElement("div");
    await window.vegaEmbed(drawing, spec, { actions: false, renderer: "svg", ast: true });
    view.replaceChildren(drawing);
    view.dataset.drawn = "";
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target).catch(() => {});
    }
  }, { rootMargin: "200px" });
  charts.forEach((chart) => seen.observe(chart));
})();
