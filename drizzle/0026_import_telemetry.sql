ALTER TABLE "imports" ADD COLUMN "trace_parent" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "counted_rows" jsonb;