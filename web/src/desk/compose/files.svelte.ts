/** Files that go with the next message: sent up at once, so that sending the message waits for nothing. */
import { api } from "../../api/index.ts";
import { t } from "../../i18n/index.svelte.ts";
import { says } from "../says.ts";

export interface OwnFile {
  key: string;
  name: string;
  size: number;
  id: string | null;
  problem: string | null;
}

export class Files {
  list = $state<OwnFile[]>([]);

  get ids(): string[] {
    return this.list.map((file) => file.id).filter((id) => id !== null);
  }

  get busy(): boolean {
    return this.list.some((file) => file.id === null && file.problem === null);
  }

  async add(files: Iterable<File>, limit: number | null | undefined): Promise<void> {
    await Promise.all([...files].map((file) => this.#one(file, limit ?? Infinity)));
  }

  /** Take in files that are up already. */
  restore(files: readonly { id: string; name: string; size: number }[]): void {
    this.list.push(...files.map(({ id, name, size }) => ({ key: id, id, name, size, problem: null })));
  }

  remove(key: string): void {
    this.list = this.list.filter((file) => file.key !== key);
  }

  clear(): void {
    this.list = [];
  }

  async #one(file: File, limit: number): Promise<void> {
    const own: OwnFile = { key: crypto.randomUUID(), name: file.name, size: file.size, id: null, problem: null };
    if (file.size > limit) own.problem = t("files.tooLarge");
    this.list.push(own);
    if (own.problem !== null) return;
    try {
      const { id } = await api.uploads.add(file);
      this.#set(own.key, { id });
    } catch (problem) {
      this.#set(own.key, { problem: says(problem) });
    }
  }

  #set(key: string, part: Partial<OwnFile>): void {
    this.list = this.list.map((file) => (file.key === key ? { ...file, ...part } : file));
  }
}
