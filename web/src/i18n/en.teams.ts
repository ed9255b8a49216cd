/** The texts of being there, of load, offers and the load board, in English. */
export const teams = {
  "still.ask": "Are you still there?",
  "still.text": "Nothing has moved here for a while. You are about to count as Away; any key says that you are here.",
  "still.here": "I am here",
  "still.title": "Still there? {n} s",
  "still.back": "You are Online again.",
  "away.notice": "You are Away, so no work comes to you.",
  "away.be": "Be Online",
};
