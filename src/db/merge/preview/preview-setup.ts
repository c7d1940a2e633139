// The sessions of a preview. They write to temporary tables alone, so they lock nothing that anybody waits for.

/** Of each kind of rows, how many are shown; and how many of the names whose counts change most. */
export const SHOWN = 50;
/** Prepares a session. `preview_changes` is that of a partition, `preview_moves` of all that the session compares. */
export const PREVIEW_SETUP = `
  SET work_mem = '128MB';
  SET temp_buffers = '64MB';
  CREATE TEMP TABLE preview_changes (
    id tid, outcome text, line bigint,
    sku text COLLATE "C", name text COLLATE "C", old_name text COLLATE "C"
  ) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE preview_moves (name text COLLATE "C", change bigint)`;
