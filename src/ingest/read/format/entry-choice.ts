// Chooses the file to import from an archive, by name, among files that operating systems and people add.

/** In order of preference. There must be exactly one file of the first kind that occurs. */
const KINDS = ['table', 'text', 'other', 'document', 'hidden'] as const;
type Kind = (typeof KINDS)[number] | 'system';

const TABLE = /\.(csv|tsv|tab|psv)$/i;
const TEXT = /\.(txt|dat|asc)$/i;
const DOCUMENT =
  /^(readme|liesmich|lisezmoi|leeme|licen[cs]e|lizenz|copying|copyright|notice|changelog|changes|authors|contributors|install|manifest|about|terms)([ ._-].*)?$/i;

/** Files that macOS, Windows, Linux desktops, network drives and office programs create in folders. */
const SYSTEM_FILE =
  /^(\._.*|\.ds_store|\.apdisk|\.localized|\.lsoverride|\.volumeicon\.icns|icon\r|thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|\.directory|\.nfs.*|\.fuse_hidden.*|~\$.*|\.~lock\..*#)$/i;
const SYSTEM_FOLDER =
  /^(__macosx|\.appledouble|\.spotlight-v100|\.trashes|\.trash-.*|\.fseventsd|\.temporaryitems|\.documentrevisions-v100|\$recycle\.bin|system volume information|@eadir|lost\+found|\.git|\.svn)$/i;

/** Entries of each kind that are kept, to be shown in messages. */
const MAX_KEPT = 3;

export interface Named {
  /** Path in the archive, separated by /. */
  name: string;
}

export class EntryChoice<Entry extends Named> {
  readonly #found = new Map<Kind, { count: number; first: Entry[] }>();
  #count = 0;

  add(entry: Entry): void {
    const kind = kindOf(entry.name);
    const found = this.#found.get(kind) ?? { count: 0, first: [] };
    this.#found.set(kind, found);
    found.count++;
    this.#count++;
    if (found.first.length < MAX_KEPT) found.first.push(entry);
  }

  /** @returns the file to import, or if that is ambiguous, the first candidates and their number */
  choose(): { entry: Entry } | { count: number; first: Entry[] } {
    for (const kind of KINDS) {
      const found = this.#found.get(kind);
      if (!found) continue;
      const [entry] = found.first;
      return entry && found.count === 1 ? { entry } : found;
    }
    return { count: 0, first: [] };
  }

  /** @returns the first few other entries, and their number */
  others(entry: Entry): { count: number; first: Entry[] } {
    const all = [...this.#found.values()].flatMap(({ first }) => first);
    return { count: this.#count - 1, first: all.filter((other) => other !== entry).slice(0, MAX_KEPT) };
  }
}

function kindOf(path: string): Kind {
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  if (SYSTEM_FILE.test(name) || folders.some((folder) => SYSTEM_FOLDER.test(folder))) return 'system';
  if (name.startsWith('.')) return 'hidden';
  if (TABLE.test(name)) return 'table';
  if (DOCUMENT.test(name)) return 'document';
  return TEXT.test(name) ? 'text' : 'other';
}
