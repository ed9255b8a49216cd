/** The demo page: a campaign page of a made-up platform with the widget on it. */
export const name = "crowd-inbox";
