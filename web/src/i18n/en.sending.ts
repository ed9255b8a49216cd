/** What waits to be sent, and what was taken back: English. */
export const sending = {
  "held.here": "Leaves in {n} s",
  "held.for": "The answer to {name} leaves in {n} s",
  "held.back": "Take back",
  "key.takeBack": "Take the last answer back",
  "delivery.held": "Leaves in a moment",
  "delivery.scheduled": "Leaves {time}",
  "delivery.withdrawn": "Taken back before it was sent",
  "withdrawn.by": "Taken back before it was sent · {name}",
  "message.automatic": "Automatic",
  "language.more": "Another language",
  "language.remove": "Remove {language}",
} as const;
