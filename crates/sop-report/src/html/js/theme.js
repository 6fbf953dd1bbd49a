// The button that goes round the themes: as the system, light, dark. A page opened from a file keeps the choice as long as it is open.

const THEMES = ['system', 'light', 'dark'];

function startTheme(button) {
  const current = () => document.documentElement.dataset.theme ?? 'system';
  const label = () => {
    button.textContent = { system: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' }[current()];
  };
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length];
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    label();
  });
  label();
}
