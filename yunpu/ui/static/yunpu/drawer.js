/* A drawer over the page: where a figure comes from. It takes the focus, keeps it, and gives it back. */

import { keepFocus } from "./menu.js";

let opener = null;

function drawer() {
  return document.querySelector("[data-drawer]");
}

/** Close the drawer. True when one was open. */
export function closeDrawer() {
  const place = document.getElementById("drawer");
  if (!place || !place.children.length) return false;
  place.replaceChildren();
  if (opener) opener.focus();
  return true;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-drawer-close], [data-figure], [data-drawer-open]");
  if (!target) return;
  if (target.matches("[data-drawer-close]")) {
    closeDrawer();
    return;
  }
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!window.htmx || !plain) return;
  event.preventDefault();
  opener = target;
  window.htmx.ajax("GET", target.href, { target: "#drawer", swap: "innerHTML" }).then(() => {
    if (drawer()) drawer().focus();
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && drawer()) keepFocus(drawer(), event);
});
