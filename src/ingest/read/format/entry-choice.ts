// Which file of an archive is the one to import: told by names, of files that operating systems and people put beside it.

/** In the order in which they are considered: as soon as there are files of one sort, exactly one has to be. */
const SORTS = ['table', 'text', 'other', 'document', 'hidden'] as const;
type Sort = (typeof SORTS)[number] | 'system';

const TABLE = /\.(csv|tsv|tab|psv)$/i;
const TEXT = /\.(txt|dat|asc)$/i;
const DOCUMENT =
  /^(readme|liesmich|lisezmoi|leeme|licen[cs]e|lizenz|copying|copyright|notice|changelog|changes|authors|contributors|install|manifest|about|terms)([ ._-].*)?$/i;

/** What macOS, Windows, Linux desktops, network drives and office programs leave in folders of their own accord. */
const SYSTEM_FILE =
  /^(\._.*|\.ds_store|\.apdisk|\.localized|\.lsoverride|\.volumeicon\.icns|icon\r|thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|\.directory|\.nfs.*|\.fuse_hidden.*|~\$.*|\.~lock\..*#)$/i;
const SYSTEM_FOLDER =
  /^(__macosx|\.appledouble|\.spotlight-v100|\.trashes|\.trash-.*|\.fseventsd|\.temporaryitems|\.documentrevisions-v100|\$recycle\.bin|system volume information|@eadir|lost\+found|\.git|\.svn)$/i;

/** Names that are kept for each sort: of what is not chosen no more is told. */
const KEPT = 3;

export interface Named {
  /** The path in the archive, with / between its parts. */
  name: string;
}

/** Takes the files of an archive one by one, and chooses. */
export class EntryChoice<Entry extends Named> {
  readonly #found = new Map<Sort, { count: number; first: Entry[] }>();
  #count = 0;

  add(entry: Entry): void {
    const sort = sortOf(entry.name);
    const found = this.#found.get(sort) ?? { count: 0, first: [] };
    this.#found.set(sort, found);
    found.count++;
    this.#count++;
    if (found.first.length < KEPT) found.first.push(entry);
  }

  /** @returns the one file that is meant; or those, and how many, of which any may be */
  choose(): { entry: Entry } | { count: number; first: Entry[] } {
    for (const sort of SORTS) {
      const found = this.#found.get(sort);
      if (!found) continue;
      const [entry] = found.first;
      return entry && found.count === 1 ? { entry } : found;
    }
    return { count: 0, first: [] };
  }

  /** @returns some of those that are not `entry`, and how many there are */
  others(entry: Entry): { count: number; first: Entry[] } {
    const all = [...this.#found.values()].flatMap(({ first }) => first);
    return { count: this.#count - 1, first: all.filter((other) => other !== entry).slice(0, KEPT) };
  }
}

function sortOf(path: string): Sort {
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  if (SYSTEM_FILE.test(name) || folders.some((folder) => SYSTEM_FOLDER.test(folder))) return 'system';
  if (name.startsWith('.')) return 'hidden';
  if (TABLE.test(name)) return 'table';
  if (DOCUMENT.test(name)) return 'document';
  return TEXT.test(name) ? 'text' : 'other';
}
