/* Forms: the first field with a finding gets the focus; a code can be copied. */

export function focusFirstFinding(place) {
  const field = place.querySelector(
    ".yp-field-bad input:not([type=hidden]), .yp-field-bad select, .yp-field-bad textarea",
  );
  if (field) field.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => {
    const said = button.querySelector("[data-copied]");
    if (!said) return;
    said.hidden = false;
    setTimeout(() => {
      said.hidden = true;
    }, 2000);
  });
});

document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-submit-on-change]");
  if (field) field.form.requestSubmit();
});

focusFirstFinding(document);
