/** The words about files; they come with them. */

const en = {
  files: "Attached files",
  uploading: (name: string) => `Uploading ${name}`,
  ready: (n: number) => (n === 1 ? "1 file is attached." : `${n} files are attached.`),
  remove: (name: string) => `Remove ${name}`,
  again: "Try again",
  large: (size: string) => `Too large: at most ${size}.`,
  many: (n: number) => `At most ${n} files in one message.`,
  slow: "Too many files at once. Please wait a moment.",
  refused: "This file is not taken here.",
  lost: "The upload broke off.",
};

export type FileTexts = typeof en;

const de: FileTexts = {
  files: "Angehängte Dateien",
  uploading: (name) => `${name} wird hochgeladen`,
  ready: (n) => (n === 1 ? "1 Datei ist angehängt." : `${n} Dateien sind angehängt.`),
  remove: (name) => `${name} entfernen`,
  again: "Noch einmal versuchen",
  large: (size) => `Zu groß: höchstens ${size}.`,
  many: (n) => `Höchstens ${n} Dateien je Nachricht.`,
  slow: "Zu viele Dateien auf einmal. Bitte warten Sie einen Moment.",
  refused: "Diese Datei wird hier nicht angenommen.",
  lost: "Das Hochladen ist abgebrochen.",
};

const fr: FileTexts = {
  files: "Fichiers joints",
  uploading: (name) => `Envoi de ${name}`,
  ready: (n) => (n === 1 ? "1 fichier est joint." : `${n} fichiers sont joints.`),
  remove: (name) => `Retirer ${name}`,
  again: "Réessayer",
  large: (size) => `Trop volumineux : ${size} au plus.`,
  many: (n) => `${n} fichiers au plus par message.`,
  slow: "Trop de fichiers à la fois. Un instant, s’il vous plaît.",
  refused: "Ce fichier n’est pas accepté ici.",
  lost: "L’envoi s’est interrompu.",
};

export function fileTexts(locale: string): FileTexts {
  const language = locale.toLowerCase().split("-")[0];
  return language === "de" ? de : language === "fr" ? fr : en;
}
