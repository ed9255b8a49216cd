/** Die Texte rund um E-Mails auf Deutsch. */
export const mail = {
  "pictures.load": "Laden",
  "pictures.always": "Immer von {sender}",
  "pictures.fetched": "Fremde Bilder hat dieser Dienst geholt: Ihr Absender sieht Sie nicht.",
  "pictures.stop": "Nicht mehr immer",
  "pictures.hide": "Ausblenden",
};
