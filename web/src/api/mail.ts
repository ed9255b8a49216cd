/** The calls about how a mail is shown. */
import { http } from "./client.ts";
import type { Message, Page } from "./types.ts";

/** The pictures of a message that are elsewhere. */
export interface RemotePictures {
  held_back: number;
  sender: string | null;
  always: boolean;
}

/** Somebody whose pictures are always fetched. */
export interface PictureSender {
  address: string;
  since: string;
}

const at = (message: Message): string => `/tickets/${message.ticket_id}/messages/${message.id}`;

export const mails = {
  pictures: (message: Message) => http.get<RemotePictures>(`${at(message)}/pictures`),
  choosePictures: (message: Message, always: boolean) =>
    http.put<RemotePictures>(`${at(message)}/pictures`, { always }),
  pictureSenders: (cursor?: string) =>
    http.get<Page<PictureSender>>("/picture-senders", { limit: 50, cursor: cursor ?? null }),
  forgetPictureSender: (address: string) => http.delete(`/picture-senders/${encodeURIComponent(address)}`),
};
