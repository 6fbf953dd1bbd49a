// Pictures at their own size.

function startPictures() {
  for (const dialog of document.querySelectorAll('dialog')) {
    // A click beside the dialog is one on its backdrop.
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  }
  for (const button of document.querySelectorAll('button.zoom')) {
    button.addEventListener('click', () => {
      const { src, alt } = button.querySelector('img');
      const close = el('button', { type: 'button', on: { click: () => byId('picture').close() } }, 'Close');
      open(byId('picture'), close, el('img', { src, alt }));
    });
  }
}
