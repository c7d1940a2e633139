// The tables of the baselines: the columns, keys and collations of Loadstone's, without its other indexes and constraints.

export const EXPERT_TABLES = `
  CREATE TABLE products (
    sku text COLLATE "C" PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    description text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE product_name_counts (name text COLLATE "C" PRIMARY KEY, product_count bigint NOT NULL)`;

/** Counts for a catalogue that was empty before. */
export const COUNT_NAMES = `
  INSERT INTO product_name_counts (name, product_count)
  SELECT name, count(*) FROM products GROUP BY name ORDER BY name
  ON CONFLICT (name) DO UPDATE SET product_count = excluded.product_count`;
