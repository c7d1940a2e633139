// The columns that a file must have, and what others call them.

import { trimBlank } from '../../../db/catalogue/product-rules.ts';

export const REQUIRED_COLUMNS = ['name', 'sku', 'description'] as const;
export type RequiredColumn = (typeof REQUIRED_COLUMNS)[number];

/** What shop systems, tables and people call them, in the languages of most files; without anything but letters. */
const OTHER_NAMES: Record<RequiredColumn, string> = {
  name: `title productname producttitle itemname itemtitle articlename label displayname nameofproduct product item article
    titel bezeichnung produktname produkttitel artikelname artikelbezeichnung artikel produktbezeichnung kurzbezeichnung
    nom titre nomproduit nomduproduit libelle designation nombre nombredelproducto titulo nombreproducto nome titolo
    nomeprodotto nomedoproduto naam productnaam namn produktnamn navn produktnavn nimi nazwa nazwaproduktu nazev`,
  sku: `skucode skuid skunumber skuno productsku itemsku variantsku id productid productcode productnumber productno itemid
    itemcode itemnumber itemno articleid articlecode articlenumber articleno partnumber partno mpn code stockkeepingunit
    key handle artikelnummer artikelnr artnr artikelid artikelcode produktnummer produktnr produktid bestellnummer
    reference ref referencia referenceproduit codearticle codeproduit codigo codigodeproducto codice codiceprodotto
    codiceart artikelnummers varenummer varenr artikkelnummer indeks kod kodproduktu`,
  description: `desc descr productdescription itemdescription longdescription shortdescription fulldescription
    descriptiontext body bodyhtml content details text longtext shorttext summary beschreibung produktbeschreibung
    artikelbeschreibung langbeschreibung kurzbeschreibung langtext beschreibungstext descriptif descriptionproduit
    descripcion descripciondelproducto descrizione descrizioneprodotto descricao descricaodoproduto omschrijving
    productomschrijving beskrivning produktbeskrivning beskrivelse kuvaus opis opisproduktu popis`,
};

const NEEDED_BY_OTHER_NAME = new Map(
  REQUIRED_COLUMNS.flatMap((needed) =>
    OTHER_NAMES[needed].split(/\s+/).map((name) => [name, needed] as const),
  ),
);
/** Letters that may be wrong in a misspelt name of so many. */
const lettersWrong = (length: number) => Math.floor(length / 4);

/** The name by which a field of the header is known. */
export function normalizeColumnName(field: string): string {
  return trimBlank(field).toLowerCase();
}

/** @returns the column that a field of the header seems to mean; undefined if none, or if it is called so */
export function guessColumn(field: string): RequiredColumn | undefined {
  const letters = field
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{L}\p{Nd}]/gu, '');
  if (REQUIRED_COLUMNS.some((needed) => needed === normalizeColumnName(field))) return undefined;
  const known = REQUIRED_COLUMNS.find((needed) => needed === letters) ?? NEEDED_BY_OTHER_NAME.get(letters);
  return known ?? REQUIRED_COLUMNS.find((needed) => isMisspelt(letters, needed));
}

function isMisspelt(word: string, right: string): boolean {
  const allowed = lettersWrong(right.length);
  if (word[0] !== right[0] || Math.abs(word.length - right.length) > allowed) return false;
  return allowed > 0 && distance(word, right) <= allowed;
}

/** Letters to put in, take out, change, or swap with the next, to make one word the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      rows[i]?.push(Math.min(changed, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
