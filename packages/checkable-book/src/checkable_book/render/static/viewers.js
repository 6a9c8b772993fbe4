/* Loads the viewer of an output once a reader asks for it, and takes it away when
   asked again; until then nothing of it is loaded. */
(() => {
  const book = window.checkableBook;
  for (const offer of document.querySelectorAll(".viewer")) {
    const [button, told, place] = ["button", ".viewer-told", ".viewer-place"].map((part) => offer.querySelector(part));
    const { viewer, close, loading, notLoaded } = offer.dataset;
    const label = button.textContent;
    let takeAway;
    let waiting = false;

    const open = async () => {
      waiting = true;
      told.textContent = loading;
      try {
        await book.fetchScript(`viewers/${viewer}.js`);
        place.hidden = false; // before it draws, which needs to know how large it is
        const data = JSON.parse(offer.querySelector("script").textContent);
        takeAway = window[viewer].show(place, data, document.documentElement.dataset.theme === "dark");
        told.textContent = "";
        button.textContent = close;
        button.setAttribute("aria-expanded", true);
        place.focus();
      } catch (error) {
        place.hidden = true;
        told.textContent = notLoaded;
        throw error;
      } finally {
        waiting = false;
      }
    };

    const shut = () => {
      takeAway();
      takeAway = undefined;
      place.hidden = true;
      button.textContent = label;
      button.setAttribute("aria-expanded", false);
    };

    button.addEventListener("click", () => { if (takeAway) shut(); else if (!waiting) open(); });
    offer.hidden = false;
  }
})();
