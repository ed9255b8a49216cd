/** The words of the questions; they come with them. */

const en = {
  name: "Your name",
  email: "Your e-mail address",
  start: "Start chat",
  save: "Mail me the answer",
  skip: "No, thanks",
  offline: "With your address, the answer comes by mail.",
  late: "This takes a little longer. With your address, the answer comes by mail if you leave.",
  leave: "Your question is not answered yet. Shall we mail you the answer?",
  required: "Please fill this in.",
  wrongEmail: "This is not an e-mail address.",
};

type AskTexts = typeof en;

const de: AskTexts = {
  name: "Ihr Name",
  email: "Ihre E-Mail-Adresse",
  start: "Chat beginnen",
  save: "Antwort per Mail",
  skip: "Nein, danke",
  offline: "Mit Ihrer Adresse kommt die Antwort per Mail.",
  late: "Es dauert etwas länger. Mit Ihrer Adresse kommt die Antwort per Mail, falls Sie gehen.",
  leave: "Ihre Frage ist noch offen. Sollen wir Ihnen die Antwort mailen?",
  required: "Bitte ausfüllen.",
  wrongEmail: "Das ist keine E-Mail-Adresse.",
};

const fr: AskTexts = {
  name: "Votre nom",
  email: "Votre adresse e-mail",
  start: "Commencer",
  save: "Réponse par e-mail",
  skip: "Non, merci",
  offline: "Avec votre adresse, la réponse viendra par e-mail.",
  late: "Cela prend un peu plus de temps. Avec votre adresse, la réponse viendra par e-mail si vous partez.",
  leave: "Votre question est encore ouverte. Voulez-vous la réponse par e-mail ?",
  required: "Veuillez remplir ce champ.",
  wrongEmail: "Ce n’est pas une adresse e-mail.",
};

export function askTexts(locale: string): AskTexts {
  const language = locale.toLowerCase().split("-")[0];
  return language === "de" ? de : language === "fr" ? fr : en;
}
