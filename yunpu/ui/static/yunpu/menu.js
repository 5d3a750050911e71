/* The side bar as a drawer on small screens, its groups one at a time, and small menus that close when left. */

const REMEMBERED = "yp-menu-group";
const side = document.getElementById("side");
const button = document.querySelector("[data-menu-button]");
const POPS = "details[data-pop][open], details.yp-pop[open], details.yp-me[open]";

function openSide(open) {
  side.classList.toggle("yp-open", open);
  button.setAttribute("aria-expanded", String(open));
  if (open) side.querySelector("a").focus();
  else button.focus();
}

export function isSideOpen() {
  return Boolean(side && side.classList.contains("yp-open"));
}

export function closeSide() {
  openSide(false);
}

/** Close every small menu but the one around `inside`. True when one was open. */
export function closePops(inside) {
  let closed = false;
  for (const pop of document.querySelectorAll(POPS)) {
    if (inside && pop.contains(inside)) continue;
    pop.open = false;
    closed = true;
    if (!inside) pop.querySelector("summary").focus();
  }
  return closed;
}

/** Keep Tab inside a place, from its last stop to its first. */
export function keepFocus(place, event) {
  const stops = [...place.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(
    (stop) => stop.offsetParent !== null,
  );
  if (!stops.length) return;
  const first = stops[0];
  const last = stops[stops.length - 1];
  const outside = !place.contains(document.activeElement);
  if (event.shiftKey && (document.activeElement === first || outside)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && (document.activeElement === last || outside)) {
    event.preventDefault();
    first.focus();
  }
}

document.documentElement.classList.add("yp-scripted");

if (side) {
  const groups = [...side.querySelectorAll("details[data-menu-group]")];
  const remembered = localStorage.getItem(REMEMBERED);
  if (!groups.some((group) => group.open)) {
    const last = groups.find((group) => group.dataset.menuGroup === remembered);
    if (last) last.open = true;
  }
  for (const group of groups) {
    group.addEventListener("toggle", () => {
      if (!group.open) return;
      localStorage.setItem(REMEMBERED, group.dataset.menuGroup);
      for (const other of groups) if (other !== group) other.open = false;
    });
  }
  button.addEventListener("click", () => openSide(!isSideOpen()));
}

document.addEventListener("click", (event) => {
  closePops(event.target);
  if (isSideOpen() && !side.contains(event.target) && !button.contains(event.target)) openSide(false);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && isSideOpen()) keepFocus(side, event);
});

for (const toast of document.querySelectorAll(".yp-toast")) {
  setTimeout(() => toast.remove(), toast.querySelector("a") ? 20000 : 8000);
}
