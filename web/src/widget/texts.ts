/** The widget's words. A new language is a new module beside this one; a missing word does not compile. */

const en = {
  open: "Open chat",
  close: "Close chat",
  unread: (n: number) => (n === 1 ? "1 new message" : `${n} new messages`),
  you: "You",
  team: "Team",
  log: "Messages",
  write: "Your message",
  attach: "Attach files",
  send: "Send",
  sending: "Sending …",
  sent: "Sent",
  seen: "Seen",
  failed: "Not sent.",
  again: "Try again",
  edited: "edited",
  mailed: "also by e-mail",
  deleted: "This message was removed.",
  typing: (name: string) => `${name || "Somebody"} is typing …`,
  connecting: "Connecting …",
  offline: "No connection. Your messages are kept and sent when it is back.",
  stopped: "The chat is not available here.",
  away: "Nobody online",
  here: "We are here",
  saved: "Thank you. The answer comes by mail if you are gone.",
  earlier: "Show earlier messages",
  end: "End chat",
  ended: "This chat is finished. If you write, it goes on.",
  rate: "How was it?",
  stars: (n: number) => `${n} of 5`,
  thanks: "Thank you!",
  slow: "That was quick. Your message follows in a moment.",
  tooLong: "This message is too long.",
  refused: "That did not work.",
  noFiles: "Files cannot be attached right now. Please reload the page.",
  fileGone: "A file is no longer there. Please attach it again.",
  privacy: "Privacy",
  file: "File",
};

export type Texts = typeof en;

/** Languages with a module of their own. */
const OTHERS = new Set(["de", "fr"]);

/** The words for a locale such as `de-AT`; English where we have none, and where they do not come. */
export async function textsFor(locale: string, load: (name: string) => Promise<unknown>): Promise<Texts> {
  const language = locale.toLowerCase().split("-")[0] ?? "";
  if (!OTHERS.has(language)) return en;
  return load(`texts.${language}`).then(
    (module) => (module as { texts: Texts }).texts,
    () => en,
  );
}
