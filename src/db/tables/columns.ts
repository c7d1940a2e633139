// Types of columns.
//
// Keys use COLLATE "C", which compares bytes: sorted inserts build the index fast, prefix searches can use it, and the order
// is the same on every machine.

import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';

export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const key = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

export const count = (name: string) => bigint(name, { mode: 'number' });

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
