// The button that goes round the themes: as the system, light, dark.

const NEXT = { system: 'light', light: 'dark', dark: 'system' };
const NAME = { system: 'as the system', light: 'light', dark: 'dark' };

export function startTheme(button) {
  const current = () => document.documentElement.dataset.theme ?? 'system';
  const label = () => {
    const text = `Theme: ${NAME[current()]}. Change to ${NAME[NEXT[current()]]}`;
    button.setAttribute('aria-label', text);
    button.title = text;
  };
  button.addEventListener('click', () => {
    const theme = NEXT[current()];
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === 'system') localStorage.removeItem('sop-theme');
      else localStorage.setItem('sop-theme', theme);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
    label();
    document.dispatchEvent(new Event('themechange'));
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new Event('themechange')));
  label();
}
