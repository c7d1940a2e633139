CREATE TABLE "import_previews" (
	"import_id" uuid PRIMARY KEY NOT NULL,
	"preview" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "preview" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "committed_at" timestamp with time zone;