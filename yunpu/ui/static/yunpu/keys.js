/* Keys. Single letters only while no field has the focus, and never while an input method is composing. */

import { closeDrawer } from "./drawer.js";
import { closePops, closeSide, isSideOpen } from "./menu.js";
import { clearSelection } from "./selection.js";

const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
let here = -1;
let before = "";

function rows() {
  return [...document.querySelectorAll("[data-list] tbody tr[data-pk]")];
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  here = Math.max(0, Math.min(all.length - 1, here + step));
  all.forEach((row, index) => row.classList.toggle("yp-here", index === here));
  all[here].scrollIntoView({ block: "nearest" });
}

function focusOn(id) {
  const field = document.getElementById(id);
  if (!field || field.offsetParent === null) return false;
  field.focus();
  field.select();
  return true;
}

function click(element) {
  if (element) element.click();
}

function go(key) {
  const link = document.querySelector(`[data-go="${key}"]`);
  if (link) window.location.assign(link.href);
}

function showShortcuts() {
  document.getElementById("shortcuts").showModal();
}

const LETTERS = {
  "?": showShortcuts,
  j: () => move(1),
  k: () => move(-1),
  e: () => click(document.querySelector("[data-export]")),
  x: () => click(rows()[here] && rows()[here].querySelector("[data-pick]")),
  enter: () => {
    const idle = document.activeElement === document.body || document.activeElement.id === "content";
    if (idle) click(rows()[here] && rows()[here].querySelector("td a"));
  },
};

function close() {
  if (closePops()) return;
  if (isSideOpen()) closeSide();
  else if (!closeDrawer()) clearSelection();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape") {
    close();
    return;
  }
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "k") {
    if (focusOn("global-search")) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(FIELDS)) return;
  if (document.querySelector("dialog[open]")) return;
  if (key === "/") {
    if (focusOn("q") || focusOn("global-search")) event.preventDefault();
  } else if (before === "g") go(key);
  else if (LETTERS[key]) LETTERS[key]();
  before = before === "g" ? "" : key;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts]")) {
    closePops();
    showShortcuts();
  }
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("htmx:afterSwap", () => {
  here = -1;
});
