ALTER TABLE "data_sources" ADD COLUMN "sheet" text;--> statement-breakpoint
ALTER TABLE "import_profiles" ADD COLUMN "sheet" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "sheet" text;