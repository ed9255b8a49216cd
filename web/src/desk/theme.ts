/** Light, dark, or as the system says. */
export type Theme = "system" | "light" | "dark";

const KEPT_UNDER = "inbox.theme";

export function keptTheme(): Theme {
  const kept = localStorage.getItem(KEPT_UNDER);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function useTheme(theme: Theme): void {
  localStorage.setItem(KEPT_UNDER, theme);
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
