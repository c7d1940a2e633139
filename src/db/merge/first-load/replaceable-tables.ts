// Whether the catalogue's tables may be replaced by others, or emptied: nothing would be lost with them.

import type postgres from 'postgres';
import { isEmpty } from '../../postgres/is-empty.ts';

/** Whether there are no changes, and another table may take the place of theirs. */
export async function areChangesReplaceable(sql: postgres.ISql): Promise<boolean> {
  if (!(await isEmpty(sql, 'product_changes'))) return false;
  const [found] = await sql.unsafe(`SELECT ${asMigrated('product_changes')} AS replaceable`);
  return found?.['replaceable'] === true;
}

/** Whether the catalogue is empty, and others may take the place of its tables. */
export async function isReplaceable(sql: postgres.ISql): Promise<boolean> {
  return (
    (await isEmpty(sql, 'products')) &&
    (await isEmpty(sql, 'product_name_counts')) &&
    (await areAsMigrated(sql))
  );
}

/**
 * Whether the catalogue's tables are as the migrations left them. Grants, views, foreign keys, triggers, comments and the
 * like that somebody has added would be lost with a table, or would not see that it is emptied. Logical replication would
 * not see that another table takes its place.
 */
export async function areAsMigrated(sql: postgres.ISql): Promise<boolean> {
  const [found] = await sql.unsafe(`
    SELECT ${asMigrated('products')} AND ${asMigrated('product_name_counts')}
      AND NOT EXISTS (SELECT FROM pg_publication)
      AND NOT EXISTS (
        SELECT FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()
      ) AS migrated`);
  return found?.['migrated'] === true;
}

/** What the migrations have made: columns in the order of their names, as a first load adds some later than others. */
const MIGRATED = {
  products: {
    columns:
      'attributes jsonb, changed_by integer, description text "default", name text "C", sku text "C", updated_at timestamp with time zone',
    nullable: ['attributes'],
    identity: '',
    // Those for searches are missing at times.
    indexes: `<@ ARRAY['products_attributes', 'products_name', 'products_pkey', 'products_sku_parts', 'products_updated']`,
    constraints: '{p,n}',
  },
  product_name_counts: {
    columns: 'name text "C", product_count bigint',
    nullable: [],
    identity: '',
    indexes: `= ARRAY['product_name_counts_by_count', 'product_name_counts_pkey']`,
    constraints: '{p,n,c}',
  },
  product_changes: {
    columns:
      'author text "default", changed_at timestamp with time zone, id bigint, import_number integer, kind text "default", old_attributes jsonb, old_changed_by integer, old_description text "default", old_name text "C", old_updated_at timestamp with time zone, sku text "C"',
    nullable: [
      ...['author', 'old_attributes', 'old_changed_by', 'old_description', 'old_name', 'old_updated_at'],
    ],
    identity: 'id',
    indexes: `= ARRAY['product_changes_edited', 'product_changes_of_import', 'product_changes_sku_id_pk']`,
    constraints: '{p,n}',
  },
};

function asMigrated(table: keyof typeof MIGRATED): string {
  const { columns, nullable, identity, indexes, constraints } = MIGRATED[table];
  return `EXISTS (
    SELECT FROM pg_class main
    WHERE oid = '${table}'::regclass AND relkind = 'r' AND relpersistence = 'p' AND NOT relispartition
      AND relowner = current_user::regrole AND has_schema_privilege(relnamespace, 'CREATE')
      AND relacl IS NULL AND reloptions IS NULL AND reltablespace = 0 AND relreplident = 'd' AND NOT relrowsecurity
      AND '${columns}' = (
        SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod),
          CASE WHEN attcollation <> 0 THEN attcollation::regcollation::text END), ', ' ORDER BY attname)
        FROM pg_attribute WHERE attrelid = main.oid AND attnum > 0 AND NOT attisdropped
      )
      AND NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = main.oid AND attnum > 0 AND NOT attisdropped AND (
          attnotnull = (attname = ANY ('{${nullable.join()}}')) OR attacl IS NOT NULL
          -- Not all of them are somebody's: Postgres 15.20 adds one of its own to each column.
          OR EXISTS (SELECT FROM pg_options_to_table(attoptions) WHERE starts_with(option_name, 'n_distinct'))
          OR coalesce(attstattarget, -1) <> -1
          OR (attidentity <> '') <> (attname = '${identity}') OR attgenerated <> '' OR attcompression <> ''
        )
      )
      AND ARRAY(
        SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = main.oid AND indisvalid ORDER BY 1
      ) ${indexes}
      AND NOT EXISTS (SELECT FROM pg_inherits WHERE main.oid IN (inhrelid, inhparent))
      AND NOT EXISTS (SELECT FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = main.oid)
      AND NOT EXISTS (SELECT FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = main.oid)
      AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE refclassid = 'pg_class'::regclass AND refobjid = main.oid AND CASE classid
          WHEN 'pg_class'::regclass
            THEN objid <> reltoastrelid AND objid NOT IN (SELECT indexrelid FROM pg_index WHERE indrelid = main.oid)
              AND objid IS DISTINCT FROM pg_get_serial_sequence('${table}', '${identity || 'sku'}')::regclass
          WHEN 'pg_attrdef'::regclass THEN objid NOT IN (SELECT oid FROM pg_attrdef WHERE adrelid = main.oid)
          WHEN 'pg_constraint'::regclass THEN objid NOT IN (
            SELECT oid FROM pg_constraint WHERE conrelid = main.oid AND contype = ANY ('${constraints}')
          )
          WHEN 'pg_type'::regclass THEN objid <> reltype
          -- Of a table that is spread over the nodes of a Citus cluster.
          WHEN 'pg_trigger'::regclass THEN objid NOT IN (
            SELECT oid FROM pg_trigger WHERE tgrelid = main.oid AND tgisinternal AND starts_with(tgname, 'truncate_trigger_')
          )
          ELSE true
        END
      )
      AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE refclassid = 'pg_type'::regclass AND refobjid = reltype
          AND (classid <> 'pg_type'::regclass OR objid <> (SELECT typarray FROM pg_type WHERE oid = reltype))
      )
  )`;
}
