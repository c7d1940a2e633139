CREATE TABLE "import_profiles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"delimiter" text,
	"encoding" text,
	"quoting" text DEFAULT 'STANDARD' NOT NULL,
	"skip_initial_space" boolean DEFAULT false NOT NULL,
	"mapping" jsonb,
	"defaults" jsonb,
	"max_rejected_rows" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "import_profiles_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "data_sources" ADD COLUMN "profile" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "profile" text;