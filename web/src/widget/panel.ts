/** The chat panel, imported by the launcher on the first click. */
export const name = "crowd-inbox";
