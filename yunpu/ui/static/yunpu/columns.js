/* The order of columns: by dragging, or by the buttons beside each name. The form sends them as they stand. */

function rowOf(element) {
  return element.closest("[data-column]");
}

function shift(row, down) {
  const other = down ? row.nextElementSibling : row.previousElementSibling;
  if (!other) return;
  if (down) other.after(row);
  else other.before(row);
}

document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-column-move]");
  if (!mover) return;
  shift(rowOf(mover), mover.dataset.columnMove === "down");
  mover.focus();
});

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest ? rowOf(event.target) : null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  const row = dragged && event.target.closest ? rowOf(event.target) : null;
  if (!row || row === dragged || row.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const box = row.getBoundingClientRect();
  if (event.clientY > box.top + box.height / 2) row.after(dragged);
  else row.before(dragged);
});

document.addEventListener("dragend", () => {
  dragged = null;
});
