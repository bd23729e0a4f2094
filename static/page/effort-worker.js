// Searches for the answer to a puzzle beside the page, which stays usable meanwhile.

import { search } from "../sdk/effort.js";

addEventListener("message", ({ data }) => {
  const dot = data.indexOf(".");
  postMessage(search(data.slice(dot + 1), Number(data.slice(0, dot)), 0, Infinity));
});
