ALTER TABLE "data_sources" ADD COLUMN "delimiter" text;--> statement-breakpoint
ALTER TABLE "data_sources" ADD COLUMN "encoding" text;--> statement-breakpoint
ALTER TABLE "data_sources" ADD COLUMN "quoting" text DEFAULT 'STANDARD' NOT NULL;--> statement-breakpoint
ALTER TABLE "data_sources" ADD COLUMN "skip_initial_space" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "quoting" text DEFAULT 'STANDARD' NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "skip_initial_space" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "warnings" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "import_row_issues" ADD COLUMN "line_count" integer;