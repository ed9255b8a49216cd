/** The demo page: a campaign page of a made-up platform, in English or German, with the widget on it. */
import "./demo.css";

const german: Record<string, string> = {
  nav: "Seite",
  discover: "Entdecken",
  updates: "Neuigkeiten",
  comments: "Kommentare",
  art: "Ein Fahrrad bei Nacht, sein Licht hell auf dem Weg",
  kind: "Crowdfunding · Berlin",
  lead: "Das Fahrradlicht, das mitdenkt: heller, wo es dunkel ist, ruhig, wo andere kommen, und zum Reparieren gebaut.",
  sum: "48.320 €",
  goal: "von 60.000 €",
  progress: "80 Prozent erreicht",
  backers: "Unterstützer:innen",
  count: "1.184",
  price12: "12 €",
  price49: "49 €",
  price92: "92 €",
  price240: "240 €",
  days: "Tage noch",
  phase: "Phase",
  live: "läuft",
  back: "Projekt unterstützen",
  hint: "Fragen? Der Chat ist unten rechts.",
  storyTitle: "Warum ein Fahrradlicht",
  story1:
    "Die meisten Lichter sterben nach zwei Wintern, weil ein Akku für drei Euro eingeklebt ist. LUMI öffnet man mit " +
    "zwei Schrauben. Zelle, Linse und Platine lassen sich am Küchentisch tauschen, und zu jedem Teil gibt es eine Zeichnung " +
    "zum Ausdrucken.",
  story2:
    "Wir sind zu viert in einer Werkstatt in Berlin. Die Werkzeuge stehen, die ersten 50 Lichter haben zwei Winter hinter " +
    "sich. Mit eurer Hilfe bestellen wir die Zellen für 2.000.",
  update3: "Neuigkeit 3: fünf Wochen später",
  update3text:
    "Die Linsen kommen später, und wir mit ihnen: Die ersten Lichter gehen im August raus. " +
    "Fragt uns alles, hier oder im Chat.",
  update2: "Neuigkeit 2: ein wärmeres Weiß",
  update2text: "Ihr habt abgestimmt, 412 zu 96: Es werden 2.700 Kelvin.",
  comment1: "Wird es die Ersatzzelle auch einzeln geben?",
  comment2: "Zwei unterstützt. Eine für mich, eine für meine Mutter.",
  rewards: "Dankeschöns",
  reward1: "Eine Dankeskarte, von Hand gedruckt",
  reward2: "Eine LUMI, Lieferung im August",
  reward3: "Zwei LUMI und eine Ersatzzelle",
  reward4: "Werkstatttag in Berlin: die eigene bauen",
  footer: "Eine Vorführseite. Mitmachwerk und LUMI sind erfunden; der Chat ist echt.",
};

const query = new URLSearchParams(location.search);
const isGerman = (query.get("lang") ?? navigator.language).startsWith("de");

if (isGerman) speakGerman();
linkOtherLanguage();
const inbox = query.get("inbox");
if (inbox) addWidget(inbox);

function speakGerman(): void {
  document.documentElement.lang = "de";
  for (const element of document.querySelectorAll<HTMLElement | SVGElement>("[data-t]"))
    element.textContent = german[element.dataset.t ?? ""] ?? element.textContent;
  for (const element of document.querySelectorAll<HTMLElement>("[data-t-label]"))
    element.ariaLabel = german[element.dataset.tLabel ?? ""] ?? element.ariaLabel;
}

function linkOtherLanguage(): void {
  const link = document.querySelector<HTMLAnchorElement>("#language");
  if (!link) return;
  const other = isGerman ? "en" : "de";
  const address = new URLSearchParams(query);
  address.set("lang", other);
  link.href = `?${address}`;
  link.lang = link.hreflang = other;
  link.textContent = isGerman ? "English" : "Deutsch";
}

/** What a platform writes into its pages as one script tag. */
function addWidget(inbox: string): void {
  const script = document.createElement("script");
  script.src = "/widget.js";
  script.dataset.inbox = inbox;
  script.dataset.campaign = query.get("campaign") ?? "lumi";
  script.dataset.color = "#8a4b08";
  script.dataset.locale = isGerman ? "de" : "en";
  document.head.append(script);
}
