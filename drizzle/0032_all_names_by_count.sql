-- The index left out names with three products or fewer. Where most names have as few, as in a catalogue without variants, a page
-- of the highest counts read the whole table. Catalogues are read while the new index is built.
CREATE INDEX "product_name_counts_all_by_count" ON "product_name_counts" USING btree ("product_count" desc,"name");--> statement-breakpoint
DROP INDEX "product_name_counts_by_count";--> statement-breakpoint
ALTER INDEX "product_name_counts_all_by_count" RENAME TO "product_name_counts_by_count";
