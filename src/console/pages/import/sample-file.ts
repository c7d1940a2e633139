// A small sample file. It always has the same rows, some of which are duplicates or invalid.

const PRODUCTS = 5000;
const MATERIALS = [
  'Oak',
  'Steel',
  'Linen',
  'Copper',
  'Cork',
  'Slate',
  'Birch',
  'Wool',
  'Glass',
  'Brass',
  'Clay',
  'Ash',
];
const THINGS = [
  'Lamp',
  'Table',
  'Kettle',
  'Shelf',
  'Blanket',
  'Bowl',
  'Clock',
  'Stool',
  'Mirror',
  'Tray',
  'Vase',
  'Bench',
  'Hook',
  'Basket',
  'Carafe',
  'Cushion',
  'Ladder',
  'Plate',
];
const SIZES = ['Small', 'Large', 'Tall', 'Round', 'Narrow', 'Folding'];
const FINISHES = ['matt', 'oiled', 'brushed', 'polished', 'raw', 'woven'];

/** @param edition 2 has the same products as 1, some of them changed, and new ones */
export function sampleFile(edition: 1 | 2): File {
  const name = edition === 1 ? 'sample-products.csv' : 'sample-products-next-season.csv';
  return new File([sampleText(edition)], name, { type: 'text/csv' });
}

function sampleText(edition: 1 | 2): string {
  const pick = createPicker(7);
  const lines = ['name,sku,description'];
  for (let number = 1; number <= PRODUCTS; number += 1) {
    const material = pick(MATERIALS);
    const thing = pick(THINGS);
    const sized = pick(SIZES);
    const finish = pick(FINISHES);
    const isChanged = edition === 2 && number % 9 === 0;
    const sku = `${thing}-${material}-${String(number).padStart(4, '0')}`.toLowerCase();
    const description = isChanged
      ? `"${material}, ${finish}.\nNew this season."`
      : `"${material}, ${finish}."`;
    lines.push(`${number % 4 === 0 ? `${sized} ` : ''}${material} ${thing},${sku},${description}`);
    // A duplicate SKU: this later row supersedes the one above.
    if (number % 97 === 0)
      lines.push(`${sized} ${material} ${thing},${sku},"${material}, corrected further down."`);
    const invalid = INVALID_ROWS[number];
    if (invalid) lines.push(invalid);
  }
  if (edition === 2) {
    for (let number = 1; number <= 250; number += 1) {
      lines.push(
        `Season ${pick(THINGS)},season-${String(number).padStart(4, '0')},New in the second edition.`,
      );
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** Invalid rows, by the number of the product that each follows. */
const INVALID_ROWS: Record<number, string> = {
  120: ',lamp-without-a-name,The name is missing.',
  640: 'Lamp without a SKU,,The SKU is missing.',
  1500: 'Chair, oak,chair-0001,"The comma in the name makes a field too many."',
  2222: '   ,blank-name,The name is nothing but spaces.',
  3100: 'Half a row,half-a-row',
  4400: `${'Very '.repeat(120)}long name,very-long-name,Names end at 512 characters.`,
};

/** Picks pseudo-random items; the same seed gives the same items. */
function createPicker(seed: number): <Item>(items: readonly Item[]) => Item {
  let state = seed;
  return (items) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    // Uses the high bits, as the low bits of this generator have a short period.
    return items[Math.floor((state / 2 ** 32) * items.length)] as (typeof items)[number];
  };
}
