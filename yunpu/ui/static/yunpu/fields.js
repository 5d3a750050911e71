/* Forms: the first field with a finding gets the focus; a code can be copied. */

export function focusFirstFinding(place) {
  const field = place.querySelector(
    ".yp-field-bad input:not([type=hidden]), .yp-field-bad select, .yp-field-bad textarea",
  );
  if (field) field.focus();
}

function copy(text) {
  if (navigator.clipboard) {
    navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea"); // without https a browser offers no clipboard
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy-link]");
  if (link) {
    event.preventDefault();
    copy(link.href);
    link.querySelector("span").textContent = link.dataset.copied;
  }
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  copy(button.dataset.copy);
  const said = button.querySelector("[data-copied]");
  said.hidden = false;
  setTimeout(() => {
    said.hidden = true;
  }, 2000);
});

document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-submit-on-change]");
  if (field) field.form.requestSubmit();
});

focusFirstFinding(document);
