/* Rows picked on several pages of a list, or all that match it. Kept for this tab; the server counts and sums them. */

const PICKED = "yp-picked:";
const PLACE = PICKED + window.location.pathname;

function form() {
  return document.querySelector("form[data-bulk]");
}

function read() {
  return JSON.parse(sessionStorage.getItem(PLACE) || '{"ids":[],"all":null}');
}

function keep(picked) {
  sessionStorage.setItem(PLACE, JSON.stringify(picked));
  show();
}

export function clearSelection() {
  if (form()) keep({ ids: [], all: null });
}

function boxes() {
  return [...document.querySelectorAll("[data-pick]")];
}

function show() {
  const bar = form();
  if (!bar) return;
  const picked = read();
  const all = picked.all === bar.dataset.query; // everything that matches this very list
  const any = all || picked.ids.length > 0;
  bar.hidden = !any;
  bar.elements.picked.value = picked.ids.join(",");
  bar.elements.all.value = all ? "1" : "";
  for (const box of boxes()) {
    box.checked = all || picked.ids.includes(box.value);
    box.closest("tr").classList.toggle("yp-picked", box.checked);
  }
  const whole = boxes().length > 0 && boxes().every((box) => box.checked);
  const head = document.querySelector("[data-pick-all]");
  if (head) head.checked = whole;
  if (any) count(bar);
}

/** Ask the server how many there are and what they sum to. */
function count(bar) {
  const values = { picked: bar.elements.picked.value, all: bar.elements.all.value, query: bar.dataset.query };
  window.htmx.ajax("POST", bar.dataset.sumUrl, { target: "#picked-sum", swap: "innerHTML", values });
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches("[data-pick], [data-pick-all]")) return;
  const all = read().all === form().dataset.query;
  const ids = new Set(all ? boxes().map((one) => one.value) : read().ids);
  const changed = box.matches("[data-pick]") ? [box] : boxes();
  for (const one of changed) {
    if (box.checked) ids.add(one.value);
    else ids.delete(one.value);
  }
  keep({ ids: [...ids], all: null });
});

document.addEventListener("click", (event) => {
  const done = event.target.closest("[data-forget-picked]");
  if (done) sessionStorage.removeItem(PICKED + done.dataset.forgetPicked);
  if (event.target.closest("[data-pick-matching]")) keep({ ids: read().ids, all: form().dataset.query });
  if (event.target.closest("[data-bulk-clear]")) clearSelection();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "list") show();
});

show();
