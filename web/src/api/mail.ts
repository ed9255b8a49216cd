/** The calls about how a mail is shown. */
import { http } from "./client.ts";
import type { Message } from "./types.ts";

/** The pictures of a message that are elsewhere. */
export interface RemotePictures {
  held_back: number;
  sender: string | null;
  always: boolean;
}

const at = (message: Message): string => `/tickets/${message.ticket_id}/messages/${message.id}`;

export const mails = {
  pictures: (message: Message) => http.get<RemotePictures>(`${at(message)}/pictures`),
  choosePictures: (message: Message, always: boolean) =>
    http.put<RemotePictures>(`${at(message)}/pictures`, { always }),
};
