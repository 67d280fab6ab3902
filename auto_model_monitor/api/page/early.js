// Runs before the first paint, so that a remembered theme or language does not flash as the other one.
(() => {
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden
    }
  };
  const root = document.documentElement;
  const theme = kept("amm-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const known = (tag) => (/^zh\b/i.test(tag) ? "zh" : /^en\b/i.test(tag) ? "en" : null);
  const preferred = [kept("amm-language"), ...(navigator.languages ?? [navigator.language])];
  root.lang = preferred.map((tag) => known(tag ?? "")).find(Boolean) ?? "zh";
})();
