DROP INDEX "product_changes_changed";--> statement-breakpoint
CREATE INDEX "product_changes_edited" ON "product_changes" USING btree ("changed_at") WHERE import_number = 0;