/* What a changed list holds is said to who cannot see it: the counts of its foot, once they are there. */

const said = document.getElementById("list-said");

document.addEventListener("htmx:afterSwap", (event) => {
  if (!said) return;
  const place = event.target;
  const empty = place.id === "list" && place.querySelector("td.yp-empty strong");
  const counts = place.matches("tfoot") && place.querySelector("strong");
  if (empty || counts) said.textContent = (empty || counts).textContent;
});
