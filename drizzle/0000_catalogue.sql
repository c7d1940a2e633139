CREATE TABLE "import_partitions" (
	"import_id" uuid NOT NULL,
	"partition" integer NOT NULL,
	"staged" bigint NOT NULL,
	"inserted" bigint DEFAULT 0 NOT NULL,
	"updated" bigint DEFAULT 0 NOT NULL,
	"unchanged" bigint DEFAULT 0 NOT NULL,
	"superseded" bigint DEFAULT 0 NOT NULL,
	"merged_at" timestamp with time zone,
	CONSTRAINT "import_partitions_import_id_partition_pk" PRIMARY KEY("import_id","partition")
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"file_name" text NOT NULL,
	"status" text NOT NULL,
	"delimiter" text,
	"encoding" text,
	"max_rejected_rows" bigint NOT NULL,
	"columns" text[],
	"ignored_columns" text[],
	"bytes_received" bigint DEFAULT 0 NOT NULL,
	"bytes_total" bigint,
	"bytes_processed" bigint DEFAULT 0 NOT NULL,
	"sha256" text,
	"merged_share" double precision DEFAULT 0 NOT NULL,
	"rows_read" bigint DEFAULT 0 NOT NULL,
	"rows_inserted" bigint DEFAULT 0 NOT NULL,
	"rows_updated" bigint DEFAULT 0 NOT NULL,
	"rows_unchanged" bigint DEFAULT 0 NOT NULL,
	"rows_superseded" bigint DEFAULT 0 NOT NULL,
	"rows_rejected" bigint DEFAULT 0 NOT NULL,
	"rows_per_second" double precision,
	"error_code" text,
	"error_message" text,
	"owner" uuid NOT NULL,
	"cancel_requested_at" timestamp with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "product_name_counts" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"product_count" bigint NOT NULL,
	CONSTRAINT "product_name_counts_positive" CHECK ("product_name_counts"."product_count" > 0)
);
--> statement-breakpoint
CREATE TABLE "product_name_search" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "product_names_unindexed" (
	"name" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "products" (
	"sku" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "import_row_issues" (
	"import_id" uuid NOT NULL,
	"line" bigint NOT NULL,
	"kind" text NOT NULL,
	"code" text NOT NULL,
	"column_name" text,
	"message" text,
	"winning_line" bigint,
	"record" text NOT NULL,
	CONSTRAINT "import_row_issues_import_id_line_pk" PRIMARY KEY("import_id","line")
);
--> statement-breakpoint
CREATE INDEX "imports_created" ON "imports" USING btree ("created_at" desc,"id");--> statement-breakpoint
CREATE INDEX "product_name_counts_by_count" ON "product_name_counts" USING btree ("product_count" desc,"name") WHERE product_count > 3;--> statement-breakpoint
CREATE INDEX "products_name" ON "products" USING hash ("name");