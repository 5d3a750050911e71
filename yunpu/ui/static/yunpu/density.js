/* How dense rows are: a cookie, so that the server draws the page right at once. */

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-density-choice]");
  if (!choice) return;
  const density = choice.dataset.densityChoice;
  document.cookie = `density=${density}; path=/; max-age=31536000; samesite=lax`;
  document.documentElement.dataset.density = density;
  for (const one of document.querySelectorAll("[data-density-choice]")) {
    one.setAttribute("aria-pressed", String(one === choice));
  }
});
