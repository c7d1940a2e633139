CREATE TABLE "deleted_imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" integer NOT NULL,
	"kept_columns" boolean NOT NULL,
	"deleted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"cleared_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "deleted_imports_to_clear" ON "deleted_imports" USING btree ("deleted_at") WHERE cleared_at IS NULL;--> statement-breakpoint
CREATE INDEX "deleted_imports_keeping_columns" ON "deleted_imports" USING btree ("id") WHERE kept_columns;--> statement-breakpoint
CREATE INDEX "imports_finished" ON "imports" USING btree ("finished_at") WHERE finished_at IS NOT NULL;