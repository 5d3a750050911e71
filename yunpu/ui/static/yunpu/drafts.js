/* Forms: what is typed is kept as a draft, a moment after the last key and when the page is left. */

const WAIT = 800;
let timer = 0;
let unkept = null; // the form whose latest words are not kept yet
let sending = null;

function keep(form) {
  unkept = null;
  sending = new AbortController();
  fetch(form.dataset.draft, { method: "POST", body: new FormData(form), signal: sending.signal })
    .then((answer) => {
      const said = form.querySelector("[data-draft-said]");
      if (said) said.hidden = !answer.ok;
    })
    .catch(() => {
      unkept = form; // gone for a moment: the next key tries again
    });
}

function typed(event) {
  const form = event.target.closest("form[data-draft]");
  if (!form) return;
  unkept = form;
  clearTimeout(timer);
  timer = setTimeout(() => keep(form), WAIT);
}

document.addEventListener("input", typed);
document.addEventListener("change", typed);

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-draft]")) return;
  clearTimeout(timer);
  unkept = null;
  if (sending) sending.abort();
});

window.addEventListener("pagehide", () => {
  if (unkept) navigator.sendBeacon(unkept.dataset.draft, new FormData(unkept));
});
