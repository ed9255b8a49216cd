/** The one script that a host page includes: a button that imports the panel when it is first opened. */
export const name = "crowd-inbox";
