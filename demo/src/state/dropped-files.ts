/** Files out of a drop or a picker, folders opened. */

import type { NamedFile } from '../protocol/named-files.ts';

/** Files of a picker; those of a folder keep their path. */
export function pickedFiles(list: FileList): NamedFile[] {
  return [...list].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
}

/** Files of a drop. Has to be called in the event, before anything is awaited. */
export async function droppedFiles(transfer: DataTransfer): Promise<NamedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const plain = [...transfer.files];
  const found: NamedFile[] = [];
  for (const [i, entry] of entries.entries()) {
    if (entry) found.push(...(await entryFiles(entry, '')));
    else if (plain[i]) found.push({ name: plain[i].name, file: plain[i] });
  }
  return found.length > 0 ? found : plain.map((file) => ({ name: file.name, file }));
}

async function entryFiles(entry: FileSystemEntry, folder: string): Promise<NamedFile[]> {
  const name = folder + entry.name;
  if (entry.isFile) {
    const fileEntry = entry as FileSystemFileEntry; // as `isFile` says
    const file = await new Promise<File>((resolve, reject) => {
      fileEntry.file(resolve, reject);
    });
    return [{ name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader(); // neither file nor folder does not exist
  const files: NamedFile[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return files;
    for (const inside of some) files.push(...(await entryFiles(inside, `${name}/`)));
  }
}

/** Whether a file holds gene sets, by its name. */
export function isGeneSetName(name: string): boolean {
  return /\.gmt( ?\(\d+\))?(\.gz)?$/i.test(name);
}
