/** The texts of being there, of load, offers and the load board, in German. */
export const teams = {
  "still.ask": "Sind Sie noch da?",
  "still.text": "Hier hat sich eine Weile nichts bewegt. Gleich gelten Sie als abwesend; jede Taste sagt, dass Sie da sind.",
  "still.here": "Ich bin da",
  "still.title": "Noch da? {n} s",
  "still.back": "Sie sind wieder online.",
  "away.notice": "Sie sind abwesend, darum kommt keine Arbeit zu Ihnen.",
  "away.be": "Online sein",
};
