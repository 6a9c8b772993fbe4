import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { VOSviewerOnline } from "vosviewer-online";

/* What a page calls: show a network in an element. Returns what takes it away again. */
window.vosviewer = {
  show: (place, data, dark) => {
    const root = createRoot(place);
    root.render(createElement(VOSviewerOnline, { data, parameters: { simple_ui: true, dark_ui: dark } }));
    return () => root.unmount();
  },
};
