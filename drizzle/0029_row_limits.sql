ALTER TABLE "import_partitions" ADD COLUMN "superseded_kept" bigint;--> statement-breakpoint
CREATE INDEX "imports_retryable" ON "imports" USING btree ("retry_until") WHERE retry_until IS NOT NULL;