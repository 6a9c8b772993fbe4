/* Fetches what computes in the page, once a reader asks for it; until then
   nothing of it is loaded. A page whose address holds other values asks itself. */
(() => {
  const own = document.currentScript;
  const base = own.src.replace(/loader\.js.*$/, "");
  const parts = ["writing", "changes", "database", "verdicts", "results", "page", "charts", "bar", "form", "links", "state"];
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

  window.checkableBook = {
    base,
    language: document.documentElement.lang,
    labels: own.dataset,
    fetchScript,
    loadRunner: () => window.checkableBook.load().then(() => fetchScript("live/runner.js")),
    load: () => Promise.all(["book-data.js", ...parts.map((part) => `live/${part}.js`)].map(fetchScript)),
  };
  if (new URLSearchParams(location.search).get("if")) {
    window.checkableBook.load().then(() => window.checkableBook.restore());
  }
})();
