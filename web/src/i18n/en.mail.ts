/** The texts around mails, in English. */
export const mail = {
  "pictures.load": "Load",
  "pictures.always": "Always from {sender}",
  "pictures.fetched": "Remote pictures were fetched by this service: their sender does not see you.",
  "pictures.stop": "No longer always",
  "pictures.hide": "Hide",
};
