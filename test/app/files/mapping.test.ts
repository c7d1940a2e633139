// Files whose columns have other names: exports of shop systems, and files with a mapping.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { SHOP_EXPORTS } from '../../../src/ingest/read/header/shop-columns.ts';
import { expectCatalogue, expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  addSource,
  sourceImported,
  sourceReaches,
  startSourcesServer,
  updateSource,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

interface MappedColumn {
  column: string;
  field: string;
  isGuessed: boolean;
}

/** An export with two good rows, and what becomes of its columns: for SKU, name and description; those guessed end with ?. */
interface Export {
  system: string;
  file: string;
  columns: string[];
  products: [sku: string, name: string, description: string][];
  options?: ImportOptions;
  /** Codes of the rows that are rejected. */
  rejected?: string[];
}

const EXPORTS: Export[] = [
  {
    system: 'Shopify',
    file: `Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src,SEO Title,SEO Description,Status
mug,Mug,"<p>Holds ""tea"",
hot</p>",Acme,Home,Kitchen,"a, b",true,Color,Red,MUG-R,350,4,9.90,https://cdn.example/1.jpg,,,active
mug,,,,,,,,,Blue,MUG-B,350,2,9.90,,,,
mug,,,,,,,,,,,,,,https://cdn.example/2.jpg,,,
cap,Cap,,Acme,Apparel,Hat,,true,Title,Default Title,CAP-1,80,0,15,,Cap!,seo,active
`,
    columns: ['Variant SKU?', 'Title?', 'Body (HTML)?'],
    products: [
      ['CAP-1', 'Cap', ''],
      ['MUG-R', 'Mug', '<p>Holds "tea",\nhot</p>'],
    ],
    rejected: ['BLANK_NAME', 'BLANK_SKU'],
  },
  {
    system: 'Shopify, with its newer names',
    file: `Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Price,Inventory quantity,Product image URL,SEO title
Desk,desk,"<p>Oak, solid</p>",Acme,Furniture,,,TRUE,Active,DESK-1,,Size,S,199,3,https://cdn.example/1.jpg,
,desk,,,,,,,,DESK-2,,,L,249,1,,
,desk,,,,,,,,,,,,,,https://cdn.example/2.jpg,
Chair,chair,,Acme,Furniture,,,TRUE,Draft,CHAIR-1,,Title,Default Title,49,8,,
`,
    columns: ['SKU', 'Title?', 'Description'],
    products: [
      ['CHAIR-1', 'Chair', ''],
      ['DESK-1', 'Desk', '<p>Oak, solid</p>'],
    ],
    rejected: ['BLANK_NAME', 'BLANK_SKU'],
  },
  {
    system: 'WooCommerce',
    file: `\ufeffID,Type,SKU,GTIN,Name,Published,"Is featured?","Short description",Description,"Tax status",Stock,"Regular price",Categories,Images
12,simple,woo-1,,Beanie,1,0,"Warm","A warm beanie",taxable,5,18,"Clothing > Hats",https://shop.example/b.jpg
13,simple,woo-2,,"Belt, brown",1,1,,,taxable,,55,,
`,
    columns: ['SKU', 'Name', 'Description'],
    products: [
      ['woo-1', 'Beanie', 'A warm beanie'],
      ['woo-2', 'Belt, brown', ''],
    ],
  },
  {
    system: 'WooCommerce with short descriptions only',
    file: 'SKU,Name,Short description,Regular price\nwoo-3,Tee,Soft,9\nwoo-4,Sock,,4\n',
    columns: ['SKU', 'Name', 'Short description?'],
    products: [
      ['woo-3', 'Tee', 'Soft'],
      ['woo-4', 'Sock', ''],
    ],
  },
  {
    system: 'Magento',
    file: `sku,store_view_code,attribute_set_code,product_type,categories,product_websites,name,description,short_description,weight,product_online,tax_class_name,price,url_key,additional_attributes,qty
24-MB01,,Bag,simple,"Default Category/Gear",base,"Duffle Bag","<p>Roomy.</p>",,1.5,1,"Taxable Goods",34,duffle-bag,"activity=Gym,color=Black",100
24-MB04,,Bag,simple,,base,Pack,,short,,1,,32,pack,,7
`,
    columns: ['sku', 'name', 'description'],
    products: [
      ['24-MB01', 'Duffle Bag', '<p>Roomy.</p>'],
      ['24-MB04', 'Pack', ''],
    ],
  },
  {
    system: 'Magento with short descriptions only',
    file: 'sku,store_view_code,attribute_set_code,name,short_description,price\n24-WB01,,Bag,Tote,"Light, large",29\n24-WB02,,Bag,Sling,,19\n',
    columns: ['sku', 'name', 'short_description?'],
    products: [
      ['24-WB01', 'Tote', 'Light, large'],
      ['24-WB02', 'Sling', ''],
    ],
  },
  {
    system: 'PrestaShop, the catalogue',
    file: `"Product ID";Image;Name;Reference;Category;"Price (tax excl.)";"Price (tax incl.)";Quantity;Status;Position
1;http://ps.example/1.jpg;"Poster; large";demo_1;Art;29.00;34.80;900;1;1
2;;Notebook;demo_2;Stationery;12.90;15.48;300;1;2
`,
    columns: ['Reference?', 'Name', '-'],
    products: [
      ['demo_1', 'Poster; large', 'to be written'],
      ['demo_2', 'Notebook', 'to be written'],
    ],
    options: { defaults: [{ field: 'DESCRIPTION', value: 'to be written' }] },
  },
  {
    system: 'PrestaShop, its form for imports',
    file: `Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Reference #;Supplier reference #;Supplier;EAN13;Quantity;Summary;Description;Tags (x,y,z...);Image URLs (x,y,z...)
1;1;Lamp;Home,Light;49.9;PS-1;SUP-9;Lux;4006381333931;10;Bright;<p>A lamp</p>;lamp;
2;0;Shade;Home;9;PS-2;;;;;Linen;;;
`,
    columns: ['Reference #?', 'Name *?', 'Description'],
    products: [
      ['PS-1', 'Lamp', '<p>A lamp</p>'],
      ['PS-2', 'Shade', ''],
    ],
  },
  {
    system: 'PrestaShop, its form for imports with summaries only',
    file: 'Product ID;Active (0/1);Name *;Price tax excluded;Reference #;Quantity;Summary\n3;1;Bulb;4.9;PS-3;10;Warm\n4;1;Cord;2;PS-4;5;\n',
    columns: ['Reference #?', 'Name *?', 'Summary?'],
    products: [
      ['PS-3', 'Bulb', 'Warm'],
      ['PS-4', 'Cord', ''],
    ],
  },
  {
    system: 'BigCommerce, version 2',
    file: `Item Type,Product ID,Product Name,Product Type,Product Code/SKU,Bin Picking Number,Brand Name,Option Set,Product Description,Price,Current Stock Level,Category
Product,77,"[Sample] Fog Linen",P,SLLPJ,,OFS,,"<p>Linen, washed</p>",49.00,3,Kitchen
Product,78,Orbit Terrarium,P,OTS,,,,,109,0,Garden
`,
    columns: ['Product Code/SKU?', 'Product Name?', 'Product Description?'],
    products: [
      ['OTS', 'Orbit Terrarium', ''],
      ['SLLPJ', '[Sample] Fog Linen', '<p>Linen, washed</p>'],
    ],
  },
  {
    system: 'BigCommerce, version 3',
    file: 'Item,ID,Name,Type,SKU,Options,Inventory Tracking,Current Stock,Price,Description\nProduct,80,Jar,physical,JAR,,none,0,5,Glass\nProduct,81,Lid,physical,LID,,none,0,1,\n',
    columns: ['SKU', 'Name', 'Description'],
    products: [
      ['JAR', 'Jar', 'Glass'],
      ['LID', 'Lid', ''],
    ],
  },
  {
    system: 'Amazon, a listings report',
    file: `item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\topen-date\tproduct-id-type\tasin1
5 in 1 Cable\tUSB-C, 2 m\t0427A1X\tAM-1\t7.99\t31\t2026-01-05 10:12:44 PST\t1\tB000TEST01
Ständer\t\t0427A1Y\tAM-2\t12.50\t4\t2026-01-06 08:00:00 PST\t1\tB000TEST02
`,
    columns: ['seller-sku?', 'item-name?', 'item-description?'],
    products: [
      ['AM-1', '5 in 1 Cable', 'USB-C, 2 m'],
      ['AM-2', 'Ständer', ''],
    ],
  },
  {
    system: 'Amazon, an inventory file',
    file: `feed_product_type\titem_sku\texternal_product_id\texternal_product_id_type\tbrand_name\titem_name\tproduct_description\tbullet_point1\tstandard_price
shirt\tAF-1\t4006381333931\tEAN\tAcme\tShirt\tCotton\tSoft\t19.99
shirt\tAF-2\t\t\tAcme\tPolo\t\t\t24.99
`,
    columns: ['item_sku?', 'item_name?', 'product_description?'],
    products: [
      ['AF-1', 'Shirt', 'Cotton'],
      ['AF-2', 'Polo', ''],
    ],
  },
  {
    system: 'Google Merchant Center',
    file: `id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tbrand\tgtin\tmpn\titem_group_id
G-1\tKettle\tBoils\thttps://g.example/1\thttps://g.example/1.jpg\tin_stock\t29.90 EUR\tAcme\t\tK1\tgroup
G-2\tPan\t\thttps://g.example/2\t\tout_of_stock\t19.90 EUR\tAcme\t\tP1\t
`,
    columns: ['id?', 'title?', 'description'],
    products: [
      ['G-1', 'Kettle', 'Boils'],
      ['G-2', 'Pan', ''],
    ],
  },
];

test('each name that is recognized has its source, and is in one of these exports', () => {
  const guessed = new Set(EXPORTS.flatMap(({ columns }) => columns));
  for (const { system, source, columns } of SHOP_EXPORTS) {
    assert.ok(URL.canParse(source), system);
    for (const name of Object.values(columns).flat())
      assert.ok(guessed.has(`${name}?`), `${system}: ${name}`);
  }
});

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`exports of shop systems are imported as they are, by the parser ${parser}`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, parser });
    const model = new CatalogueModel();
    // The parsers differ in nothing that depends on the system.
    const exports =
      parser === 'fast' ? EXPORTS : EXPORTS.filter(({ system }) => /^(Shopify|PrestaShop)/.test(system));
    for (const { system, file, columns, products, options, rejected = [] } of exports) {
      const { id, status, error, rows } = await importAndWait(server.url, file, options);
      assert.equal(status, 'COMPLETED', `${system}: ${JSON.stringify(error)}`);
      assert.equal(rows.inserted, products.length, system);
      const { mapping, warnings } = await columnsOf(server, id);
      assert.deepEqual(bySku(mapping), columns, system);
      assert.equal(
        warnings.some(({ code }) => code === 'GUESSED_COLUMNS'),
        columns.some((column) => column.endsWith('?')),
        system,
      );
      const issues = await importIssues(server.url, id);
      assert.deepEqual(
        issues.map(({ code }) => code),
        rejected,
        system,
      );
      for (const { message } of issues) assert.match(message, /In an export of Shopify/, system);
      for (const [sku, name, description] of products) model.products.set(sku, { name, description });
      await expectCatalogue(server, model);
    }
  });
}

/** A file without other columns, so that the records of superseded rows are restored from their fields. */
const MAPPED = `Text;Nr;Bezeichnung
"a ""b"";c";n-1;Old
d;n-2;
;n-1;New
e;n-3;Third
`;
const MAPPING: ImportOptions['mapping'] = [
  { column: 'nr', field: 'SKU' },
  { column: ' BEZEICHNUNG ', field: 'NAME' },
  { column: 'Text', field: 'DESCRIPTION' },
];
const ISSUES_OF_MAPPED = [
  [2, 'SUPERSEDED', null, '"a ""b"";c";n-1;Old', 4],
  [3, 'BLANK_NAME', 'Bezeichnung', 'd;n-2;', null],
];

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`issues of a mapped file have its names and records, and corrected rows are imported, by the parser ${parser}`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, parser });
    const first = await importAndWait(server.url, MAPPED, { mapping: MAPPING });
    assert.equal(first.status, 'COMPLETED', JSON.stringify(first.error));
    assert.deepEqual(first.rows, {
      read: 4,
      inserted: 2,
      updated: 0,
      unchanged: 0,
      superseded: 1,
      rejected: 1,
    });
    assert.deepEqual(await issuesOf(server, first.id), ISSUES_OF_MAPPED);

    const all = await (await fetch(`${first.issuesUrl}?kind=ALL`)).text();
    const [header, superseded, rejected] = all.replace('\ufeff', '').split('\r\n');
    assert.match(header ?? '', /^Text;Nr;Bezeichnung;line;code;message;record$/);
    assert.match(superseded ?? '', /^"a ""b"";c";n-1;Old;2;SUPERSEDED;/);
    assert.match(rejected ?? '', /^d;n-2;;3;BLANK_NAME;/);

    const returned = all.replace('d;n-2;;3', 'd;n-2;Second;3');
    const second = await importAndWait(server.url, returned, { mapping: MAPPING });
    assert.deepEqual(second.rows, {
      read: 2,
      inserted: 1,
      updated: 0,
      unchanged: 0,
      superseded: 1,
      rejected: 0,
    });
    const model = new CatalogueModel();
    model.products.set('n-1', { name: 'New', description: '' });
    model.products.set('n-2', { name: 'Second', description: 'd' });
    model.products.set('n-3', { name: 'Third', description: 'e' });
    await expectCatalogue(server, model);
    await expectExactCounts(server);
    await expectNothingLeft(server);
  });
}

test('records of superseded rows are those of the file, also where defaults filled their fields', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const file = 'Nr;Bezeichnung\nn-1;\nn-1;\n"n-1";B\n';
  const options: ImportOptions = {
    mapping: MAPPING.slice(0, 2),
    defaults: [
      { field: 'NAME', value: 'Nameless' },
      { field: 'DESCRIPTION', value: '' },
    ],
  };
  const { id, rows } = await importAndWait(server.url, file, options);
  assert.deepEqual([rows.inserted, rows.superseded, rows.rejected], [1, 2, 0]);
  assert.deepEqual(
    (await importIssues(server.url, id)).map(({ record, winningLine }) => [record, winningLine]),
    [
      ['n-1;', 4],
      ['n-1;', 4],
    ],
  );
  const again = await importAndWait(server.url, 'Nr;Bezeichnung\nn-2;\n', options);
  const { products } = expectNoErrors(
    await query<{ products: object }>(server.url, '{ products { nodes { sku name description } } }'),
  );
  assert.deepEqual(products, {
    nodes: [
      { sku: 'n-1', name: 'B', description: '' },
      { sku: 'n-2', name: 'Nameless', description: '' },
    ],
  });
  const { defaults } = await columnsOf(server, again.id);
  assert.deepEqual(defaults, options.defaults);
});

const FAULTS: [what: string, file: string, options: ImportOptions, code: string, message: RegExp][] = [
  [
    'two columns that may be meant',
    'sku,Title,item_name,description\na,b,c,d\n',
    {},
    'AMBIGUOUS_COLUMN',
    /"Title" and "item_name"/,
  ],
  [
    'a column that the file lacks',
    MAPPED,
    { mapping: [{ column: 'SKU', field: 'SKU' }] },
    'MISSING_COLUMN',
    /lacks "SKU" of the option `mapping`/,
  ],
  [
    'a mapped column that is there twice',
    'Nr,nr,name,description\n',
    { mapping: [{ column: 'nr', field: 'SKU' }] },
    'DUPLICATE_COLUMN',
    /"nr" more than once/,
  ],
  ['a header without names', ';;;\n1;2;3;4\n', {}, 'MISSING_COLUMN', /lacks/],
];

test('a header that does not fit fails the import, and nothing is imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  for (const [what, file, options, code, message] of FAULTS) {
    const { status, error } = await importAndWait(server.url, file, options);
    assert.deepEqual([status, error?.code], ['FAILED', code], what);
    assert.match(error?.message ?? '', message, what);
  }
  const { products } = expectNoErrors(
    await query<{ products: { totalCount: number } }>(server.url, '{ products { totalCount } }'),
  );
  assert.equal(products.totalCount, 0);
  await expectNothingLeft(server);
});

test('other columns may have no name, or one name, and there may be hundreds of them', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const others = ['', 'x', 'X', ' ', ...Array.from({ length: 300 }, (_, i) => `c${i}`), ''];
  const row = ['1', 'A', ...others.map(() => 'y')].join(',');
  const { id, rows, error } = await importAndWait(server.url, `Nr,Title,${others.join(',')}\n${row}\n`, {
    mapping: [{ column: 'Nr', field: 'SKU' }],
    defaults: [{ field: 'DESCRIPTION', value: '' }],
  });
  assert.deepEqual([error, rows.inserted], [null, 1]);
  assert.deepEqual(bySku((await columnsOf(server, id)).mapping), ['Nr', 'Title?', '-']);
});

test('a mapping that contradicts itself, or a default for the SKU, is refused before the file is read', async (t) => {
  const { url, database } = await startTestServer(t, ONE_LANE);
  const refused: ImportOptions[] = [
    {
      mapping: [
        { column: 'a', field: 'SKU' },
        { column: 'b', field: 'SKU' },
      ],
    },
    {
      mapping: [
        { column: 'a', field: 'SKU' },
        { column: 'A ', field: 'NAME' },
      ],
    },
    { mapping: [{ column: ' ', field: 'SKU' }] },
    { defaults: [{ field: 'SKU', value: 'x' }] },
    { defaults: [{ field: 'NAME', value: '' }] },
  ];
  for (const options of refused) {
    const { errors } = await upload(url, 'a.csv', MAPPED, options);
    assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT', JSON.stringify(options));
    assert.equal(errors[0].extensions.field, Object.keys(options)[0]);
  }
  const imports = await database.sql`SELECT FROM imports`;
  assert.equal(imports.length, 0);
});

test('a mapping and defaults are kept over a restart, and both transports show them', async (t) => {
  const first = await startTestServer(t, ONE_LANE);
  const held = await holdMerges(t, first);
  const options = { mapping: MAPPING, defaults: [{ field: 'NAME' as const, value: 'Nameless' }] };
  const { id } = expectNoErrors(await upload(first.url, 'a.csv', MAPPED, options)).importProducts;
  await waitForWaiting(first, 'merge');
  await first.close();
  // As after a crash of the database, which empties staging: the file is read again.
  const tables = await first.database.sql<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  assert.ok(tables.length > 0);
  for (const { name } of tables) await first.database.sql.unsafe(`TRUNCATE ${name}`);
  await held.release();

  const { dataDir, databaseUrl } = first.settings;
  const second = await startTestServer(t, { ...ONE_LANE, dataDir, databaseUrl });
  const done = await importEnds(second.url, id);
  assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
  assert.deepEqual(done.rows, { read: 4, inserted: 3, updated: 0, unchanged: 0, superseded: 1, rejected: 0 });
  assert.deepEqual(
    (await importIssues(second.url, id)).map(({ line, record }) => [line, record]),
    [[2, '"a ""b"";c";n-1;Old']],
  );
  const mapping = [
    { column: 'Text', field: 'DESCRIPTION', isGuessed: false },
    { column: 'Nr', field: 'SKU', isGuessed: false },
    { column: 'Bezeichnung', field: 'NAME', isGuessed: false },
  ];
  assert.deepEqual((await columnsOf(second, id)).mapping, mapping);
  assert.deepEqual(await mappingOverWebSocket(t, second, id), mapping);
});

test('a data source has a mapping and defaults, and a change of them imports its content again', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/p.csv', 'Nr,Title,Kurz\nn-1,One,short\nn-2,Two,\n');
  const { id } = await addSource(server, { url: `${host.url}/p.csv` });
  const failing = await sourceReaches(server, id, 'fails', ({ state }) => state === 'FAILING');
  assert.equal(failing.error?.code, 'MISSING_COLUMN');
  const defaults = [{ field: 'DESCRIPTION', value: 'none' }];
  const updated = await updateSource(server, id, { mapping: [{ column: 'Nr', field: 'SKU' }], defaults });
  assert.deepEqual(updated.mapping, [{ column: 'Nr', field: 'SKU', isGuessed: false }]);
  assert.deepEqual(updated.defaults, defaults);
  const first = await sourceImported(server, id);
  assert.equal(first.lastImport.rows.inserted, 2);
  assert.deepEqual(bySku((await columnsOf(server, first.lastImport.id)).mapping), ['Nr', 'Title?', '-']);

  const both = [
    { column: 'Nr', field: 'SKU' },
    { column: 'Kurz', field: 'DESCRIPTION' },
  ];
  await updateSource(server, id, { mapping: both });
  const second = await sourceReaches(
    server,
    id,
    'imports again',
    ({ lastImport }) => lastImport !== null && lastImport.id !== first.lastImport.id,
  );
  assert.equal(second.lastImport?.rows.updated, 1);
  await updateSource(server, id, { mapping: both });
  await updateSource(server, id, { defaults: null, mapping: null });
  const { errors } = await query(
    server.url,
    'mutation ($id: ID!, $input: UpdateDataSourceInput!) { updateDataSource(id: $id, input: $input) { id } }',
    { id, input: { defaults: [{ field: 'SKU', value: 'x' }] } },
  );
  assert.equal(errors?.[0]?.extensions?.field, 'defaults');
});

interface Columns {
  mapping: MappedColumn[];
  defaults: { field: string; value: string }[];
  warnings: { code: string }[];
}

async function columnsOf({ url }: Pick<TestServer, 'url'>, id: string): Promise<Columns> {
  const document = `query ($id: ID!) {
    import(id: $id) { mapping { column field isGuessed } defaults { field value } warnings { code } }
  }`;
  return expectNoErrors(await query<{ import: Columns }>(url, document, { id })).import;
}

/** @returns the columns for SKU, name and description; those guessed end with ?, and missing ones are - */
function bySku(mapping: MappedColumn[]): string[] {
  return ['SKU', 'NAME', 'DESCRIPTION'].map((wanted) => {
    const found = mapping.find(({ field }) => field === wanted);
    return found ? `${found.column}${found.isGuessed ? '?' : ''}` : '-';
  });
}

async function issuesOf({ url }: TestServer, id: ImportState['id']) {
  return (await importIssues(url, id)).map(({ line, code, column, record, winningLine }) => [
    line,
    code,
    column,
    record,
    winningLine,
  ]);
}

async function mappingOverWebSocket(t: TestContext, { url }: TestServer, id: string): Promise<unknown> {
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  t.after(() => client.dispose());
  const events = client.iterate<{ importProgress: Columns }>({
    query: 'subscription ($id: ID) { importProgress(id: $id) { mapping { column field isGuessed } } }',
    variables: { id },
  });
  for await (const { data } of events) return data?.importProgress.mapping;
  return undefined;
}
