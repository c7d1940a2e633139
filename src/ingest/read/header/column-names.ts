// The columns that a file must have, and other names for them that are suggested.

import { trimBlank } from '../../../db/catalogue/product-rules.ts';
import type { ProductField } from '../../../db/tables.ts';

export const REQUIRED_COLUMNS = ['name', 'sku', 'description'] as const satisfies ProductField[];

/** Names that shop systems, databases and people use, in the most common languages; letters and digits only. */
const OTHER_NAMES: Record<ProductField, string> = {
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

const COLUMN_BY_OTHER_NAME = new Map(
  REQUIRED_COLUMNS.flatMap((required) =>
    OTHER_NAMES[required].split(/\s+/).map((name) => [name, required] as const),
  ),
);
/** Number of typos allowed in a name. */
const maxTypos = (length: number) => Math.floor(length / 4);

/** @returns the name by which a column of the header is identified */
export function normalizeColumnName(field: string): string {
  return trimBlank(field).toLowerCase();
}

function isRequiredColumn(field: string): boolean {
  const name = normalizeColumnName(field);
  return REQUIRED_COLUMNS.some((required) => required === name);
}

/** @returns the required column that a field of the header probably means; undefined if none, or if it has that name */
export function guessColumn(field: string): ProductField | undefined {
  const letters = field
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{L}\p{Nd}]/gu, '');
  if (isRequiredColumn(field)) return undefined;
  const known =
    REQUIRED_COLUMNS.find((required) => required === letters) ?? COLUMN_BY_OTHER_NAME.get(letters);
  return known ?? REQUIRED_COLUMNS.find((required) => isMisspelled(letters, required));
}

function isMisspelled(word: string, right: string): boolean {
  const allowed = maxTypos(right.length);
  if (word[0] !== right[0] || Math.abs(word.length - right.length) > allowed) return false;
  return allowed > 0 && distance(word, right) <= allowed;
}

/** Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps of adjacent letters. */
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
