ALTER TABLE "data_sources" ADD COLUMN "on_duplicate" text;--> statement-breakpoint
ALTER TABLE "import_profiles" ADD COLUMN "on_duplicate" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "on_duplicate" text DEFAULT 'LAST_WINS' NOT NULL;