ALTER TABLE "data_sources" ADD COLUMN "mapping" jsonb;--> statement-breakpoint
ALTER TABLE "data_sources" ADD COLUMN "defaults" jsonb;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "given_mapping" jsonb;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "defaults" jsonb;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "mapping" jsonb;