CREATE TABLE "data_source_headers" (
	"source_id" uuid NOT NULL,
	"name" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "data_source_headers_source_id_name_pk" PRIMARY KEY("source_id","name")
);
--> statement-breakpoint
CREATE TABLE "data_source_imports" (
	"import_id" uuid PRIMARY KEY NOT NULL,
	"source_id" uuid NOT NULL,
	"revision" integer NOT NULL,
	"mode" text NOT NULL,
	"max_deleted_share" double precision NOT NULL,
	"confirmed_fingerprint" text,
	"validators" jsonb,
	"planned" bigint,
	"deleted" bigint DEFAULT 0 NOT NULL,
	"removed_at" timestamp with time zone,
	"held" bigint DEFAULT 0 NOT NULL,
	"refused_products" bigint,
	"refused_of" bigint,
	"refused_skus" text[],
	"refused_fingerprint" text
);
--> statement-breakpoint
CREATE TABLE "data_sources" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"url" text NOT NULL,
	"interval_seconds" integer NOT NULL,
	"mode" text NOT NULL,
	"max_deleted_share" double precision NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"activity" text,
	"import_id" uuid,
	"validators" jsonb,
	"refused_validators" jsonb,
	"must_fetch" boolean DEFAULT true NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"error_message" text,
	"last_checked_at" timestamp with time zone,
	"last_changed_at" timestamp with time zone,
	"last_import_id" uuid,
	"last_imported_at" timestamp with time zone,
	"next_check_at" timestamp with time zone,
	"deletion_import_id" uuid,
	"deletion_confirmed" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	"released_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "source_products" (
	"sku" text COLLATE "C" NOT NULL,
	"source_id" uuid NOT NULL,
	CONSTRAINT "source_products_sku_source_id_pk" PRIMARY KEY("sku","source_id")
);
--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "rows_deleted" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "source_id" uuid;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "source_name" text;--> statement-breakpoint
CREATE UNIQUE INDEX "data_sources_name" ON "data_sources" USING btree ("name") WHERE removed_at IS NULL;--> statement-breakpoint
CREATE INDEX "source_products_source" ON "source_products" USING btree ("source_id");--> statement-breakpoint
-- Each check writes its row, and no index: with room in the page that costs no more than the row.
ALTER TABLE "data_sources" SET (fillfactor = 50);
--> statement-breakpoint
-- Made here, and not by the first import: two first imports at once would both make it, and one of them fail.
CREATE SCHEMA IF NOT EXISTS "loadstone_staging";
