/* Fetches what computes in the page, once a reader asks for it; until then
   nothing of it is loaded. A page whose address holds other values asks itself. */
(() => {
  const own = document.currentScript;
  const base = own.src.replace(/loader\.js.*$/, "");
  const parts = [
    "formatting", "overrides", "database", "evidence", "named_values", "page_values", "charts", "override_bar",
    "override_form", "links", "state",
  ];
  const loaded = new Map();

  // Added scripts run in the order in which they were asked for.
  const fetchScript = (file) => {
    if (!loaded.has(file)) {
      loaded.set(file, new Promise((resolve, reject) => {
        const script = Object.assign(document.createElement("script"), { src: base + file, async: false });
        script.onload = resolve;
        script.onerror = () => { loaded.delete(file); reject(new Error(file)); };
        document.head.append(script);
      }));
    }
    return loaded.get(file);
  };

  // The words of the other scripts come with what could not be loaded; these stand in the page.
  const tell = (error) => {
    const told = Object.assign(document.createElement("p"), { className: "not-loaded", textContent: own.dataset.notLoaded });
    told.setAttribute("role", "alert");
    document.querySelector(".not-loaded")?.remove();
    document.body.append(told);
    throw error;
  };

  window.checkableBook = {
    base,
    language: document.documentElement.lang,
    labels: own.dataset,
    fetchScript,
    loadRunner: () => window.checkableBook.load().then(() => fetchScript("live/query_runner.js")).catch(tell),
    load: () => Promise.all(["book-data.js", ...parts.map((part) => `live/${part}.js`)].map(fetchScript)).catch(tell),
  };
  if (new URLSearchParams(location.search).get("if")) {
    window.checkableBook.load().then(() => window.checkableBook.restore(), () => {});
  }
})();
