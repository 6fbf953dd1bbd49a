// Starts everything.

const data = JSON.parse(byId('data').textContent);
startTheme(byId('theme'));
startTables(data);
startSettings(data);
startPictures();
startUnits(data.units, data.pictures);
for (const button of document.querySelectorAll('button[data-file]')) {
  button.addEventListener('click', () => {
    const file = data.files[button.dataset.file];
    download(file.name, file.type, [Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0))]);
  });
}
